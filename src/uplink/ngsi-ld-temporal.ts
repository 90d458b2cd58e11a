/** The history of a broker that speaks NGSI-LD, under the same names, login and tenant as its current values. */
import { batchUpsert, getLink } from './batch-upsert.ts'
import { openBroker } from './broker-http.ts'
import { createChooseContext } from './context.ts'
import type { DeliveryAddress } from './dialect.ts'
import { expandNames } from './expanded-names.ts'
import { TEMPORAL_PATH, TemporalUplink } from './temporal.ts'

export type OpenTemporal = (
  address: DeliveryAddress,
  onUnsupported: (detail: string) => void,
) => TemporalUplink

/** Late readings leave the current ones the most of the broker. */
const REQUESTS_MAX = 4

export const openNgsiLdTemporal: OpenTemporal = (address, onUnsupported) => {
  const { context, concurrency, retry } = address.destination
  const choose = createChooseContext(context, address.publicUrl)
  const broker = openBroker(address, batchUpsert)
  return new TemporalUplink({
    post: (body, own) =>
      broker.request({ method: 'POST', path: TEMPORAL_PATH, body, headers: getLink(choose(own)) }),
    ...(context === 'expanded' && { rename: expandNames }),
    concurrency: Math.min(concurrency.max, REQUESTS_MAX),
    retry,
    onUnsupported,
    close: () => broker.close(),
  })
}
