/** A broker that words its answers as ETSI GS CIM 009 does (coraine 0.3). */
import { isUpsert, storeBatch } from './batch-request.ts'
import { toJson, toProblem, type Wording } from './fixture-broker.ts'

export const ngsiLd: Wording = (request, broker) => {
  if (!isUpsert(request)) return toJson(404, toProblem('ResourceNotFound', 404, request.path))
  const { created, updated, refused } = storeBatch(request, broker)
  if (refused.length > 0) {
    const errors = refused.map(({ id, problem }) => ({ entityId: id, error: problem }))
    return toJson(207, { success: [...created, ...updated], errors })
  }
  return created.length > 0 ? toJson(201, created) : { status: 204 }
}
