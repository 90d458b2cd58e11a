/** What all batch operations of NGSI-LD have in common: which of the entities are taken, and what is said of the others. */
import { type BrokerRequest, type FixtureBroker, type StoredEntity, toProblem } from './fixture-broker.ts'

const UPSERT = '/ngsi-ld/v1/entityOperations/upsert?options=update'

export interface BatchOutcome {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly refused: readonly { readonly id: string; readonly problem: ReturnType<typeof toProblem> }[]
}

export function isUpsert({ method, path }: BrokerRequest): boolean {
  return method === 'POST' && path === UPSERT
}

export function storeBatch({ body }: BrokerRequest, broker: FixtureBroker): BatchOutcome {
  const entities = JSON.parse(body) as readonly StoredEntity[]
  const taken = entities.filter(({ id }) => !broker.refused.has(id))
  const known = new Set(taken.map(({ id }) => id).filter(id => broker.has(id)))
  for (const entity of taken) broker.store(entity)
  return {
    created: taken.map(({ id }) => id).filter(id => !known.has(id)),
    updated: [...known],
    refused: entities.flatMap(({ id }) => {
      const detail = broker.refused.get(id)
      return detail === undefined ? [] : [{ id, problem: toProblem('BadRequestData', 400, detail) }]
    }),
  }
}
