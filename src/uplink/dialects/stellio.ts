/** Stellio. Its tenants are configured: one that it does not know is answered by 404 to everything, until somebody adds it. */
import { createBatchUpsert } from '../batch-upsert.ts'
import type { DeliveryAddress, Dialect } from '../dialect.ts'
import { readAnswer } from '../ngsi-ld-answer.ts'
import { isPostponed } from '../verdict.ts'

export function createStellio(address: DeliveryAddress): Dialect {
  const { brokerTenant = 'the default one' } = address
  return createBatchUpsert(address, (answer, sent) => {
    const verdict = readAnswer(answer, sent)
    if (!isPostponed(verdict) || !answer.body.includes('/NonexistentTenant"')) return verdict
    return { ...verdict, detail: `expected a broker with the tenant ${brokerTenant}, got ${verdict.detail}` }
  })
}
