/** The requests that some entities would travel in, one after the other, as the uplink would send them. Sends nothing. */
import type { EntityText } from '../reading.ts'
import { Batcher } from './batcher.ts'
import { describeRequest } from './broker-http.ts'
import type { DeliveryAddress, DescribedRequest } from './dialect.ts'
import { getDialectKind } from './dialects.ts'

/** Nothing waits for company. */
const EVER = Number.POSITIVE_INFINITY

export function describeRequests(
  address: DeliveryAddress,
  entities: readonly EntityText[],
): readonly DescribedRequest[] {
  const kind = getDialectKind(address.destination)
  const batcher = new Batcher(address.destination.batch)
  const wrap = kind.createWrap(address)
  for (const entity of entities) batcher.add(wrap(entity, () => {}))
  const requests: DescribedRequest[] = []
  // Readings of one entity follow one another: the next one is let go when the one before it is confirmed.
  for (batcher.closeOpen(EVER); ; batcher.closeOpen(EVER)) {
    const batch = batcher.takeClosed()
    if (batch === undefined) return requests
    for (const request of kind.toRequests(batch)) requests.push(describeRequest(address, kind, request))
    batcher.release(batch)
  }
}
