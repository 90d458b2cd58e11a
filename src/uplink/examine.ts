/** A broker as people ask about it: whether it answers and takes the login, who it is, and what time it has there. It only reads. */
import type { DeliveryAddress } from './dialect.ts'
import { HttpPost } from './http-post.ts'
import { type BrokerFacts, ENTITIES, probeBroker } from './probe.ts'

export interface Examined {
  /** Of the answer to a question about entities, as everybody asks it who has the login. */
  readonly status: number
  /** How far the clock of this machine is ahead of the broker's, in milliseconds, with an error of a second; absent where it tells no time. */
  readonly aheadMs?: number
  readonly facts: BrokerFacts
}

/** Rejects where the destination does not answer. */
export async function examineBroker(address: DeliveryAddress): Promise<Examined> {
  const { destination, access } = address
  const broker = new HttpPost({ destination, access, headers: { Accept: 'application/json' } })
  try {
    const path = destination.dialect === 'ngsi-v2' ? '/v2/entities?limit=1' : ENTITIES
    const { status } = await broker.request({ method: 'GET', path })
    const aheadMs = Date.now() - Date.parse(broker.date ?? '')
    const facts = await probeBroker(address)
    return { status, ...(Number.isFinite(aheadMs) && { aheadMs }), facts }
  } finally {
    await broker.close()
  }
}
