/** Orion 4: validates a batch as a whole, indexes one place of an entity, knows a 413 that is not about size. */
import { type BrokerAnswer, type StoredEntity, toJson, type Wording } from './fixture-broker.ts'

interface V2Attribute {
  readonly type: string
  readonly value: unknown
  readonly metadata?: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>
}

const FORBIDDEN = /[<>"'=;()]/
const IDENTIFIER = /^[!-~]{1,256}$/
const NO_IDENTIFIER = /[&?/#<>"'=;()]/
const BODY_BYTES_MAX = 1024 * 1024

export const ngsiV2: Wording = (request, broker) => {
  const { method, path, headers, body } = request
  if (method !== 'POST' || path !== '/v2/op/update') return refuse(404, 'NotFound', 'service not found')
  if (headers['content-length'] === undefined) {
    return refuse(411, 'ContentLengthRequired', 'Zero/No Content-Length in PUT/POST/PATCH request')
  }
  if (Buffer.byteLength(body) > BODY_BYTES_MAX) return refuse(413, 'RequestEntityTooLarge', 'payload size')
  const tenant = String(headers['fiware-service'] ?? '')
  if (!/^\w*$/.test(tenant)) {
    return refuse(400, 'BadRequest', 'bad character in tenant name - only underscore and alphanumeric')
  }
  const { actionType, entities }: { actionType: string; entities: readonly StoredEntity[] } = JSON.parse(body)
  if (actionType !== 'append') return refuse(400, 'BadRequest', 'invalid update action type')
  const fault = entities.map(entity => findFault(entity, broker.refused)).find(found => found !== undefined)
  if (fault !== undefined) return fault
  for (const entity of entities) broker.store(entity)
  broker.tenants.add(tenant)
  return { status: 204 }
}

function findFault(entity: StoredEntity, refused: ReadonlyMap<string, string>): BrokerAnswer | undefined {
  const { id, type, ...attributes } = entity
  const detail = refused.get(id)
  if (detail !== undefined) return refuse(400, 'BadRequest', detail)
  if (![id, type, ...Object.keys(attributes)].every(isIdentifier)) {
    return refuse(400, 'BadRequest', 'Invalid characters in entity id')
  }
  const all = Object.values(attributes) as readonly V2Attribute[]
  if (all.some(hasForbidden)) return refuse(400, 'BadRequest', 'Invalid characters in attribute value')
  const places = all.filter(
    ({ type: kind, metadata }) => kind.startsWith('geo:') && metadata?.['ignoreType']?.value !== true,
  )
  return places.length > 1
    ? refuse(413, 'NoResourcesAvailable', 'You cannot use more than one geo location attribute')
    : undefined
}

function hasForbidden({ type, value, metadata = {} }: V2Attribute): boolean {
  const isFree = type === 'TextUnrestricted'
  return (!isFree && isForbidden(value)) || Object.values(metadata).some(item => isForbidden(item.value))
}

function isForbidden(value: unknown): boolean {
  if (typeof value === 'string') return FORBIDDEN.test(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, member]) => FORBIDDEN.test(key) || isForbidden(member))
}

function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text) && !NO_IDENTIFIER.test(text)
}

function refuse(status: number, error: string, description: string): BrokerAnswer {
  return toJson(status, { error, description })
}
