/** Orion-LD. It reports as errors what it merged, and answers 207 where it created some entities and updated others. */
import { createBatchUpsert } from '../batch-upsert.ts'
import type { DeliveryAddress, Dialect } from '../dialect.ts'
import { type ErrorSense, readAnswer } from '../ngsi-ld-answer.ts'

const ORION_LD: ErrorSense = {
  // Status 400, and yet all instances of the entity were merged and stored.
  isStored: ({ title }) => title === 'Duplicated Entity',
}

export function createOrionLd(address: DeliveryAddress): Dialect {
  return createBatchUpsert(address, (answer, sent) => readAnswer(answer, sent, ORION_LD))
}
