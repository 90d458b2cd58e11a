/** NGSI-LD without batches: as the standard says, and as diwise knows its paths. */
import {
  type BrokerAnswer,
  type FixtureBroker,
  type StoredEntity,
  toJson,
  toProblem,
  type Wording,
} from './fixture-broker.ts'

const PATCH_PATH = /^\/ngsi-ld\/v1\/entities\/([^/?]+)(\/attrs\/?)?$/
const NOT_THERE: BrokerAnswer = {
  status: 404,
  body: '404 page not found\n',
  headers: { 'Content-Type': 'text/plain' },
}

/** Updates only the attributes that an entity has, and appends others where it is asked to. */
export const ngsiLdSingle: Wording = (request, broker) => {
  const { method, path, body } = request
  if (method === 'POST' && path === '/ngsi-ld/v1/entities') return create(body, broker)
  const [, encoded = '', end] = PATCH_PATH.exec(path) ?? []
  if (end !== '/attrs' || (method !== 'PATCH' && method !== 'POST')) return NOT_THERE
  return update(decodeURIComponent(encoded), body, broker, method === 'POST')
}

/** Knows the path of attributes with a slash at its end only, and merging. */
export const diwise: Wording = (request, broker) => {
  const { method, path, body } = request
  if (method === 'POST' && path === '/ngsi-ld/v1/entities') return create(body, broker)
  const [, encoded = '', end] = PATCH_PATH.exec(path) ?? []
  if (method !== 'PATCH' || end === '/attrs' || encoded === '') return NOT_THERE
  return update(decodeURIComponent(encoded), body, broker, true)
}

function create(body: string, broker: FixtureBroker): BrokerAnswer {
  const entity: StoredEntity = JSON.parse(body)
  const detail = broker.refused.get(entity.id)
  if (detail !== undefined) return toJson(400, toProblem('BadRequestData', 400, detail))
  if (broker.has(entity.id)) return toJson(409, toProblem('AlreadyExists', 409, entity.id))
  broker.store(entity)
  return { status: 201, headers: { Location: `/ngsi-ld/v1/entities/${entity.id}` } }
}

function update(id: string, body: string, broker: FixtureBroker, isAppend: boolean): BrokerAnswer {
  const present = broker.entities.get(id)
  if (present === undefined) return toJson(404, toProblem('ResourceNotFound', 404, id))
  const detail = broker.refused.get(id)
  if (detail !== undefined) return toJson(400, toProblem('BadRequestData', 400, detail))
  const sent = Object.entries(JSON.parse(body) as Record<string, unknown>)
  const taken = sent.filter(([name]) => isAppend || name in present)
  broker.store({ id, type: present.type, ...Object.fromEntries(taken) })
  if (taken.length === sent.length) return { status: 204 }
  const notUpdated = sent
    .filter(([name]) => !isAppend && !(name in present))
    .map(([attributeName]) => ({ attributeName, reason: 'attribute not found' }))
  return toJson(207, { updated: taken.map(([name]) => name), notUpdated })
}
