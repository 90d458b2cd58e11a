/** The requests that some entities would travel in, one after the other, as the uplink would send them. Sends nothing. */
import type { EntityText } from '../reading.ts'
import { Batcher } from './batcher.ts'
import type { DeliveryAddress, DescribedRequest } from './dialect.ts'
import { describeRequest } from './dialects.ts'
import { createParcel } from './parcel.ts'

export function describeRequests(
  address: DeliveryAddress,
  entities: readonly EntityText[],
): readonly DescribedRequest[] {
  const batcher = new Batcher(address.destination.batch)
  for (const entity of entities) batcher.add(createParcel(entity, () => {}))
  const requests: DescribedRequest[] = []
  // Readings of one entity follow one another: the next one is let go when the one before it is confirmed.
  for (batcher.closeOpen(); ; batcher.closeOpen()) {
    const batch = batcher.takeClosed()
    if (batch === undefined) return requests
    const request = describeRequest(address, batch)
    if (request !== undefined) requests.push(request)
    batcher.release(batch)
  }
}
