/** Every kind of destination by its name in the configuration. A new kind is one file in dialects/ and one line here. */
import type { DestinationConfig } from '../config/config.ts'
import type { DeliveryAddress, DescribeRequest, Dialect } from './dialect.ts'
import { createNgsiLd, describeNgsiLd } from './dialects/ngsi-ld.ts'
import { createPreview } from './dialects/preview.ts'
import type { PreviewStore } from './preview-store.ts'

type CreateDialect = (address: DeliveryAddress, preview: PreviewStore) => Dialect

interface DialectEntry {
  readonly create: CreateDialect
  readonly describe: DescribeRequest
}

const DIALECTS: Readonly<Record<DestinationConfig['dialect'], DialectEntry>> = {
  'ngsi-ld': { create: createNgsiLd, describe: describeNgsiLd },
  preview: { create: createPreview, describe: () => undefined },
}

export function createDialect(address: DeliveryAddress, preview: PreviewStore): Dialect {
  return DIALECTS[address.destination.dialect].create(address, preview)
}

export const describeRequest: DescribeRequest = (address, parcels) =>
  DIALECTS[address.destination.dialect].describe(address, parcels)
