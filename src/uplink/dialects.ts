/** Every kind of destination by its name in the configuration. A new kind is one file in dialects/ and one line here. */
import type { DestinationConfig } from '../config/config.ts'
import type { DeliveryAddress, DescribeRequest, Dialect } from './dialect.ts'
import { createNgsiLd, createNgsiLdTemporal, describeNgsiLd } from './dialects/ngsi-ld.ts'
import { createPreview } from './dialects/preview.ts'
import type { PreviewStore } from './preview-store.ts'
import type { TemporalUplink } from './temporal.ts'

type CreateDialect = (address: DeliveryAddress, preview: PreviewStore) => Dialect

interface DialectEntry {
  readonly create: CreateDialect
  readonly describe: DescribeRequest
  /** The way to its history, where it may have one. */
  readonly openTemporal?: OpenTemporal
}

type OpenTemporal = (address: DeliveryAddress, onUnsupported: (detail: string) => void) => TemporalUplink

const DIALECTS: Readonly<Record<DestinationConfig['dialect'], DialectEntry>> = {
  'ngsi-ld': { create: createNgsiLd, describe: describeNgsiLd, openTemporal: createNgsiLdTemporal },
  preview: { create: createPreview, describe: () => undefined },
}

export function createDialect(address: DeliveryAddress, preview: PreviewStore): Dialect {
  return DIALECTS[address.destination.dialect].create(address, preview)
}

export const describeRequest: DescribeRequest = (address, parcels) =>
  DIALECTS[address.destination.dialect].describe(address, parcels)

/** Undefined, and said so, for a destination that has no history. */
export function openTemporal(
  address: DeliveryAddress,
  onUnsupported: (detail: string) => void,
): TemporalUplink | undefined {
  const { dialect } = address.destination
  const open = DIALECTS[dialect].openTemporal
  if (open === undefined) onUnsupported(`dialect ${dialect}`)
  return open?.(address, onUnsupported)
}
