/** Every kind of destination by its name in the configuration. A new kind is one file in dialects/ and one line here. */
import type { DestinationConfig } from '../config/config.ts'
import type { DeliveryAddress, Dialect } from './dialect.ts'
import { createNgsiLd } from './dialects/ngsi-ld.ts'
import { createPreview } from './dialects/preview.ts'
import type { PreviewStore } from './preview-store.ts'

type CreateDialect = (address: DeliveryAddress, preview: PreviewStore) => Dialect

const DIALECTS: Readonly<Record<DestinationConfig['dialect'], CreateDialect>> = {
  'ngsi-ld': createNgsiLd,
  preview: createPreview,
}

export function createDialect(address: DeliveryAddress, preview: PreviewStore): Dialect {
  return DIALECTS[address.destination.dialect](address, preview)
}
