/** The embedded destination: takes everything, keeps the last value of every entity in memory. */
import type { Entity } from '../../reading.ts'
import type { DeliveryAddress, Dialect, DialectKind, WrapEntity } from '../dialect.ts'
import { createParcel } from '../parcel.ts'
import type { PreviewStore } from '../preview-store.ts'

/** Names are shown as the profiles have them. */
const wrap: WrapEntity = (entity, settle) => createParcel(entity, undefined, settle)

/** Nothing is sent. */
export const preview: DialectKind = { createWrap: () => wrap, getHeaders: () => ({}), toRequests: () => [] }

export function createPreview({ tenant }: DeliveryAddress, store: PreviewStore): Dialect {
  return {
    wrap,
    deliver: async parcels => {
      for (const { json } of parcels) store.upsert(tenant, JSON.parse(json.toString()) as Entity)
      return { kind: 'answered', refused: new Map() }
    },
    close: async () => {},
  }
}
