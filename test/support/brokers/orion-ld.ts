/** Orion-LD 1.x as it is started by default: 207 for what was both created and updated, without any error. */
import { isUpsert, storeBatch } from './batch-request.ts'
import { toJson, toProblem, type Wording } from './fixture-broker.ts'

export const orionLd: Wording = (request, broker) => {
  if (!isUpsert(request)) return toJson(404, toProblem('ResourceNotFound', 404, request.path))
  const { created, updated, refused } = storeBatch(request, broker)
  const success = [...created, ...updated]
  if (refused.length > 0 || (created.length > 0 && updated.length > 0)) {
    const errors = refused.map(({ id, problem }) => ({ entityId: id, error: problem }))
    return toJson(207, { success, errors })
  }
  return created.length > 0 ? toJson(201, created) : { status: 204 }
}

/** Of entities that it had twice in a batch: it merged and stored them, and says so as an error. */
export function toDuplicated(id: string) {
  return {
    entityId: id,
    error: {
      type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData',
      title: 'Duplicated Entity',
      detail: 'previous instances merged into one',
      status: 400,
    },
  }
}
