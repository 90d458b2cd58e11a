import type { ServerResponse } from 'node:http'
import { afterAll, expect, test } from '@jest/globals'
import type { Outcome } from '../../src/reading.ts'
import type { Dialect } from '../../src/uplink/dialect.ts'
import { createDialect } from '../../src/uplink/dialects.ts'
import { PreviewStore } from '../../src/uplink/preview-store.ts'
import { Uplink } from '../../src/uplink/uplink.ts'
import {
  type BrokerAnswer,
  type BrokerRequest,
  FixtureBroker,
  type Wording,
} from '../support/brokers/fixture-broker.ts'
import { ngsiLd } from '../support/brokers/ngsi-ld.ts'
import { ngsiLdSingle } from '../support/brokers/ngsi-ld-single.ts'
import { ngsiV2 } from '../support/brokers/ngsi-v2.ts'
import { orionLd } from '../support/brokers/orion-ld.ts'
import { scorpio } from '../support/brokers/scorpio.ts'
import { stellio } from '../support/brokers/stellio.ts'
import { createDestination } from '../support/destination.ts'
import { createEntity } from '../support/entities.ts'
import { fuzz, TIMEOUT_MS } from './fuzz.ts'
import { spoilBytes, spoilText, spoilValue } from './mutations.ts'
import type { Random } from './random.ts'

const DIALECTS: readonly (readonly [dialect: string, wording: Wording])[] = [
  ['ngsi-ld', ngsiLd],
  ['ngsi-ld', orionLd],
  ['orion-ld', orionLd],
  ['scorpio', scorpio],
  ['stellio', stellio],
  ['ngsi-v2', ngsiV2],
  ['ngsi-ld-single', ngsiLdSingle],
]
const IDS = [
  'urn:ngsi-ld:WeatherObserved:1',
  'urn:ngsi-ld:WeatherObserved:2',
  'urn:ngsi-ld:WeatherObserved:3',
]
const STATUSES = [
  200, 201, 202, 204, 206, 207, 301, 304, 307, 400, 401, 403, 404, 409, 411, 413, 415, 422, 429, 500, 502,
  503, 599,
]
/** An answer that is nonsense may leave a connection hanging until its time-out. */
const TIMEOUTS = { connect: '200ms', headers: '100ms', body: '100ms' }
const RETRY = { initial: '1ms', max: '2ms', alarmMax: '2ms', retryAfterMax: '2ms' }

interface Input {
  readonly dialect: string
  readonly wording: Wording
  readonly refused: readonly string[]
  /** What the broker has said. */
  readonly told: Spoilt[]
  /** What of a sound answer is spoilt, and how. */
  spoil(answer: BrokerAnswer): Spoilt
}

interface Spoilt {
  readonly status: number
  readonly bytes: Buffer
}

const opened: (() => Promise<void>)[] = []

afterAll(async () => {
  for (const close of opened.reverse()) await close()
})

function make(random: Random): Input {
  const [dialect, wording] = random.pick(DIALECTS)
  const refused = IDS.filter(() => random.chance(0.3))
  const seed = random.below(2 ** 31)
  return { dialect, wording, refused, told: [], spoil: answer => spoilAnswer(answer, random, seed) }
}

function spoilAnswer(
  { status: sound, body = '', headers = {} }: BrokerAnswer,
  random: Random,
  seed: number,
): Spoilt {
  const status = random.chance(0.4) ? random.pick(STATUSES) : sound
  const text = random.chance(0.8) ? spoilBody(body, random) : body
  const all: Record<string, string> = { 'Content-Type': 'application/json', ...headers }
  if (random.chance(0.8))
    all['Content-Length'] = `${Buffer.byteLength(text) + (random.chance(0.1) ? seed % 9 : 0)}`
  if (random.chance(0.1))
    all['Retry-After'] = random.pick(['0', '-1', '1e9', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', ''])
  if (random.chance(0.05))
    all['Location'] = random.pick(['http://169.254.169.254/', '//', 'file:///etc/passwd'])
  if (random.chance(0.05)) all['Content-Encoding'] = 'gzip'
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const bytes = Buffer.from(`HTTP/1.1 ${status} X\r\n${head.join('')}\r\n${status === 204 ? '' : text}`)
  return random.chance(0.15) ? { status: 0, bytes: spoilBytes(bytes, random) } : { status, bytes }
}

function spoilBody(body: string, random: Random): string {
  try {
    if (random.chance(0.6)) return JSON.stringify(spoilValue(JSON.parse(body), random)) ?? ''
  } catch {}
  return spoilText(body, random)
}

async function open({
  dialect,
  wording,
  refused,
}: Input): Promise<{ broker: FixtureBroker; opened: Dialect; uplink: Uplink }> {
  const broker = await FixtureBroker.start(wording)
  // What this one says of a tenant that is new passes in truth, and never does here once a spoilt answer has denied it.
  broker.tenants.add(wording === stellio || wording === scorpio ? 'kranj' : '')
  for (const id of refused) broker.refused.set(id, 'not to my taste')
  const settings = {
    dialect,
    url: broker.url,
    timeouts: TIMEOUTS,
    retry: RETRY,
    batch: { maxEntities: 10, linger: '1ms' },
  }
  const destination = createDestination(settings)
  const address = { destination, tenant: 'kranj', brokerTenant: 'kranj' }
  const dialectOf = () => createDialect(address, new PreviewStore())
  const uplink = new Uplink(dialectOf(), { ...destination, onTrouble: () => {} })
  return { broker, opened: dialectOf(), uplink }
}

/** Answers the next request in bytes, as its product would before they were spoilt. */
function meet(broker: FixtureBroker, { wording, told, spoil }: Input): void {
  broker.meet((response: ServerResponse) => {
    const request: BrokerRequest | undefined = broker.requests.at(-1)
    const spoilt = spoil((request && wording(request, broker)) ?? { status: 500 })
    told.push(spoilt)
    response.socket?.end(spoilt.bytes)
  })
}

/** What a broker says is never believed further than it goes, and in the end each entity is decided once. */
async function hold(input: Input): Promise<void> {
  const { broker, opened: dialect, uplink } = await open(input)
  try {
    meet(broker, input)
    const parcels = IDS.map(id => dialect.wrap(createEntity(id), () => {}))
    const verdict = await dialect.deliver(parcels)
    if (verdict.kind === 'answered' && broker.requests.length === 1) expectFounded(verdict.refused, input)
    for (let bad = 0; bad < 2; bad += 1) meet(broker, input)
    const outcomes = await Promise.all(IDS.map(id => settleOnce(uplink, id)))
    const odd = outcomes.find(({ kind }) => kind !== 'delivered' && kind !== 'quarantined')
    if (odd !== undefined) throw new Error(`the outcome ${JSON.stringify(odd)}`)
  } finally {
    await uplink.close()
    await dialect.close()
    await broker.close()
  }
}

/** Who was refused was sent; and nobody is confirmed by an answer that says that nothing was done, unless it names them. */
function expectFounded(refused: ReadonlyMap<string, string>, { told, dialect }: Input): void {
  const strange = [...refused.keys()].find(id => !IDS.includes(id))
  if (strange !== undefined) throw new Error(`${strange} was refused, and never sent`)
  const text = told.map(({ bytes }) => bytes.toString()).join('\n')
  // Of NGSIv2 it is known that such an answer names those that were left out, and no others.
  const isDenied = dialect !== 'ngsi-v2' && told.some(({ status }) => status >= 300)
  const unfounded = IDS.find(id => isDenied && !refused.has(id) && !text.includes(id))
  if (unfounded !== undefined) throw new Error(`${unfounded} was taken for confirmed`)
}

function settleOnce(uplink: Uplink, id: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let count = 0
    uplink.send([createEntity(id)], outcome => {
      count += 1
      if (count > 1) reject(new Error(`${id} was settled ${count} times`))
      resolve(outcome)
    })
  })
}

test(
  'whatever a broker answers is understood as what it is, or as no answer, in every dialect',
  async () => {
    const show = ({ dialect, refused, told }: Input) =>
      [dialect, ...refused, ...told.map(({ bytes }) => bytes.toString())].join('\n')
    const rounds = await fuzz({ share: 0.2, rounds: 60, make, hold, show })
    expect(rounds).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)
