/** Finds out which broker a destination is and what it takes. It only reads, and no delivery waits for it. */
import { parseJson } from './answer-text.ts'
import { CLUES, type Sighting } from './broker-kinds.ts'
import type { DeliveryAddress } from './dialect.ts'
import { HttpPost } from './http-post.ts'

export interface BrokerFacts {
  /** unknown: it takes requests and says nothing that would tell who it is. */
  readonly name: string
  readonly version?: string
  /** Whether it has batches; absent where it did not let us see. */
  readonly batches?: boolean
  /** Of one request, where that is known of its kind. */
  readonly maxEntities?: number
  readonly maxBytes?: number
  /** What does not fit between it and the configuration, in words for people. */
  readonly misfits: readonly string[]
}

/** Of those that keep tenants apart, none has one of this name. */
const NO_TENANT = 'tromost_no_such_tenant'
export const ENTITIES = '/ngsi-ld/v1/entities?type=WeatherObserved&limit=1'

/** Rejects where the destination does not answer. */
export async function probeBroker(address: DeliveryAddress): Promise<BrokerFacts> {
  const { destination, access } = address
  // Orion refuses a GET that has a Content-Type.
  const broker = new HttpPost({ destination, access, headers: { Accept: 'application/json' } })
  try {
    const sighting = await recognise(broker)
    const batches = await findBatches(broker, sighting)
    const tenants = await findTenantMisfit(broker, address, sighting)
    const { kind, version } = sighting ?? {}
    return {
      name: kind?.name ?? 'unknown',
      ...(version !== undefined && { version }),
      ...(batches !== undefined && { batches }),
      ...(kind?.maxEntities !== undefined && { maxEntities: kind.maxEntities }),
      ...(kind?.maxBytes !== undefined && { maxBytes: kind.maxBytes }),
      misfits: [...listMisfits(address, sighting, batches), ...tenants],
    }
  } finally {
    await broker.close()
  }
}

async function recognise(broker: HttpPost): Promise<Sighting | undefined> {
  for (const { path, recognise: look } of CLUES) {
    const { status, body } = await broker.request({ method: 'GET', path })
    const sighting = status === 200 ? look(parseJson(body)) : undefined
    if (sighting !== undefined) return sighting
  }
  return undefined
}

/**
 * By asking for it in a way that nobody answers with anything but "not like this" where it is there. What is not NGSI-LD at all
 * tells nothing.
 */
async function findBatches(broker: HttpPost, sighting: Sighting | undefined): Promise<boolean | undefined> {
  if (sighting !== undefined) return true
  const upsert = await broker.request({ method: 'GET', path: '/ngsi-ld/v1/entityOperations/upsert' })
  if (upsert.status === 405) return true
  if (upsert.status !== 404) return undefined
  const entities = await broker.request({ method: 'GET', path: ENTITIES })
  return entities.status === 200 ? false : undefined
}

/** Stellio has only tenants that are configured; Orion-LD without -multiservice puts all of them into one. */
async function findTenantMisfit(
  broker: HttpPost,
  { destination: { dialect }, brokerTenant }: DeliveryAddress,
  sighting: Sighting | undefined,
): Promise<readonly string[]> {
  if (brokerTenant === undefined || dialect === 'ngsi-v2') return []
  const read = (tenant: string) =>
    broker.request({
      method: 'GET',
      path: ENTITIES,
      headers: { 'NGSILD-Tenant': tenant },
    })
  if (sighting?.kind.name === 'Stellio' || dialect === 'stellio') {
    const { status, body } = await read(brokerTenant)
    return status === 404 && body.includes('/NonexistentTenant"')
      ? [`expected the tenant ${brokerTenant} to be configured in the broker, got 404 NonexistentTenant`]
      : []
  }
  if (sighting?.kind.name !== 'Orion-LD') return []
  const { status } = await read(NO_TENANT)
  return status === 200
    ? [`expected a broker that keeps tenants apart (-multiservice), got one that ignores NGSILD-Tenant`]
    : []
}

function listMisfits(
  { destination: { dialect, batch } }: DeliveryAddress,
  sighting: Sighting | undefined,
  batches: boolean | undefined,
): readonly string[] {
  const misfits: string[] = []
  const { name, dialects = [], maxEntities, maxBytes } = sighting?.kind ?? {}
  const [best] = dialects
  if (name !== undefined && best !== undefined && !dialects.includes(dialect)) {
    misfits.push(`expected dialect: ${best} for ${name}, got ${dialect}`)
  }
  if (batches === false && dialect !== 'ngsi-ld-single') {
    misfits.push(
      `expected a broker that has batches for dialect: ${dialect}, got none; ngsi-ld-single needs none`,
    )
  }
  if (dialect === 'ngsi-ld-single') return misfits
  if (maxEntities !== undefined && batch.maxEntities > maxEntities) {
    misfits.push(`expected batch.maxEntities of at most ${maxEntities} for ${name}, got ${batch.maxEntities}`)
  }
  if (maxBytes !== undefined && batch.maxBytes > maxBytes) {
    misfits.push(`expected batch.maxBytes of at most ${maxBytes} for ${name}, got ${batch.maxBytes}`)
  }
  return misfits
}
