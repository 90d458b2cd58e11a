/** Scorpio 5: an element of errors of its own kind, no 207 where all failed, and a deadlock over a tenant that is new. */
import { isUpsert, storeBatch } from './batch-request.ts'
import { type BrokerAnswer, type StoredEntity, toJson, toProblem, type Wording } from './fixture-broker.ts'

export const scorpio: Wording = (request, broker) => {
  if (!isUpsert(request)) return toJson(404, toProblem('ResourceNotFound', 404, request.path))
  const tenant = String(request.headers['ngsild-tenant'] ?? '')
  const ids = (JSON.parse(request.body) as readonly StoredEntity[]).map(({ id }) => id)
  if (tenant !== '' && !broker.tenants.has(tenant) && ids.length > 1) {
    return toAllFailed(ids.map(id => ({ id, problem: toProblem('InvalidRequest', 400, '40P01') })))
  }
  const { created, updated, refused } = storeBatch(request, broker)
  const success = [...created, ...updated]
  if (success.length > 0) broker.tenants.add(tenant)
  if (success.length === 0) return toAllFailed(refused)
  if (refused.length > 0) return toJson(207, { success, errors: refused.map(toError) })
  return created.length > 0 ? toJson(201, created) : { status: 204 }
}

interface Failed {
  readonly id: string
  readonly problem: ReturnType<typeof toProblem>
}

/** By what failed: 503 where a text has it, 409 where all are of it, else 400. There is no `success`. */
export function toAllFailed(failed: readonly Failed[]): BrokerAnswer {
  const isOut = failed.some(({ problem }) => problem.detail.includes('503'))
  const isConflict = failed.every(({ problem }) => problem.status === 409)
  return toJson(isOut ? 503 : isConflict ? 409 : 400, { errors: failed.map(toError) })
}

function toError({ id, problem }: Failed) {
  return { type: 'Upsert', id, ProblemDetails: problem }
}
