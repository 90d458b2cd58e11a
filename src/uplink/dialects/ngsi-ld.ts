/** Any NGSI-LD broker that answers as the standard says. */
import { createBatchUpsert } from '../batch-upsert.ts'
import type { DeliveryAddress, Dialect } from '../dialect.ts'
import { readAnswer } from '../ngsi-ld-answer.ts'

export function createNgsiLd(address: DeliveryAddress): Dialect {
  return createBatchUpsert(address, (answer, sent) => readAnswer(answer, sent))
}
