/** The requests that some entities would travel in, one after the other, as the uplink would send them. Sends nothing. */
import type { EntityText } from '../reading.ts'
import { Batcher } from './batcher.ts'
import { createChooseContext } from './context.ts'
import type { DeliveryAddress, DescribedRequest } from './dialect.ts'
import { describeRequest } from './dialects.ts'
import { createParcel } from './parcel.ts'

/** Nothing waits for company. */
const EVER = Number.POSITIVE_INFINITY

export function describeRequests(
  address: DeliveryAddress,
  entities: readonly EntityText[],
): readonly DescribedRequest[] {
  const batcher = new Batcher(address.destination.batch)
  const chooseContext = createChooseContext(address.destination.context, address.publicUrl)
  for (const entity of entities) batcher.add(createParcel(entity, chooseContext(entity.context), () => {}))
  const requests: DescribedRequest[] = []
  // Readings of one entity follow one another: the next one is let go when the one before it is confirmed.
  for (batcher.closeOpen(EVER); ; batcher.closeOpen(EVER)) {
    const batch = batcher.takeClosed()
    if (batch === undefined) return requests
    const request = describeRequest(address, batch)
    if (request !== undefined) requests.push(request)
    batcher.release(batch)
  }
}
