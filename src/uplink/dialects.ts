/** Every kind of destination by its name in the configuration. A new kind is one file in dialects/ and one line here. */
import type { DestinationConfig } from '../config/config.ts'
import { batchUpsert } from './batch-upsert.ts'
import type { DeliveryAddress, Dialect, DialectKind } from './dialect.ts'
import { createNgsiLd } from './dialects/ngsi-ld.ts'
import { createNgsiLdSingle, ngsiLdSingle } from './dialects/ngsi-ld-single.ts'
import { createNgsiV2, ngsiV2 } from './dialects/ngsi-v2.ts'
import { createOrionLd } from './dialects/orion-ld.ts'
import { createPreview, preview } from './dialects/preview.ts'
import { createScorpio } from './dialects/scorpio.ts'
import { createStellio } from './dialects/stellio.ts'
import { type OpenTemporal, openNgsiLdTemporal } from './ngsi-ld-temporal.ts'
import type { PreviewStore } from './preview-store.ts'
import type { TemporalUplink } from './temporal.ts'

type CreateDialect = (address: DeliveryAddress, preview: PreviewStore) => Dialect

interface DialectEntry {
  readonly create: CreateDialect
  readonly kind: DialectKind
  /** The way to its history, where it may have one. */
  readonly openTemporal?: OpenTemporal
}

const DIALECTS: Readonly<Record<DestinationConfig['dialect'], DialectEntry>> = {
  'ngsi-ld': { create: createNgsiLd, kind: batchUpsert, openTemporal: openNgsiLdTemporal },
  'orion-ld': { create: createOrionLd, kind: batchUpsert, openTemporal: openNgsiLdTemporal },
  scorpio: { create: createScorpio, kind: batchUpsert, openTemporal: openNgsiLdTemporal },
  stellio: { create: createStellio, kind: batchUpsert, openTemporal: openNgsiLdTemporal },
  'ngsi-ld-single': { create: createNgsiLdSingle, kind: ngsiLdSingle },
  'ngsi-v2': { create: createNgsiV2, kind: ngsiV2 },
  preview: { create: createPreview, kind: preview },
}

export function createDialect(address: DeliveryAddress, store: PreviewStore): Dialect {
  return DIALECTS[address.destination.dialect].create(address, store)
}

export function getDialectKind({ dialect }: DestinationConfig): DialectKind {
  return DIALECTS[dialect].kind
}

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
