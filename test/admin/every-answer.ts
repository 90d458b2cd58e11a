/** A server that has something of everything to tell, and requests for all of it. */
import { Readable } from 'node:stream'
import type { TokenView } from '../../src/access/token-record.ts'
import type { AdminSources } from '../../src/admin/admin-sources.ts'
import type { Alarm } from '../../src/alarms/alarm.ts'
import type { DeviceStatus } from '../../src/alarms/device-states.ts'
import type { AuditRecord } from '../../src/audit/audit-record.ts'
import type { ImportJob } from '../../src/bulk/import-jobs.ts'
import { destinationSchema } from '../../src/config/destination.ts'
import type { TracedMessage } from '../../src/trace/traced-message.ts'
import { SOUND } from '../profiles/sound-profile.ts'
import { device, KRANJ, make, openProvisioning } from '../provisioning/test-provisioning.ts'
import { profileSources } from './profile-sources.ts'
import { createLane } from './test-http.ts'

const REMOVED = {
  ...{ messages: 5, quarantined: 1, births: 0, marks: 3, previews: 1 },
  ...{ heard: 1, alarms: 0, retained: 0, device: 0 },
}
const TIME = '2026-01-15T09:00:00.000Z'
const ENTITY = {
  id: 'urn:ngsi-ld:WeatherObserved:1',
  type: 'WeatherObserved',
  temperature: { type: 'Property', value: 21.5, unitCode: 'CEL', observedAt: TIME },
} as const

const LANE = createLane({
  trouble: 'connect ECONNREFUSED',
  alarm: 'DESTINATION_LOGIN',
  breaker: 'open',
  retryInMs: 200,
  broker: {
    name: 'Orion-LD',
    version: '1.8.0',
    batches: true,
    maxEntities: 100,
    maxBytes: 1_000,
    misfits: ['x'],
  },
  refusals: { MAP_FAILED: 3 },
  alarms: [{ code: 'MAP_FAILED', messages: 2, since: Date.parse(TIME) }],
})

const MESSAGE: TracedMessage = {
  ...{
    tenant: 'kranj',
    device: 'a',
    position: 7,
    topic: 'tromost/a/up',
    qos: 1,
    receivedAt: TIME,
    storedAt: TIME,
  },
  payload: { bytes: 2, hex: '7b7d', text: '{}' },
  profile: 'p',
  readings: [{ observedAt: TIME, values: { temperature: 21.5 } }],
  entities: [ENTITY],
  leftOut: [{ what: 'WeatherObserved.humidity', reason: 'the reading has none', reading: 0 }],
  fault: { code: 'MAP_FAILED', detail: 'x' },
  destinations: [
    {
      ...{
        destination: 'main',
        outcome: 'quarantined',
        code: 'MAP_FAILED',
        detail: 'x',
        settledAt: TIME,
        trouble: 'x',
      },
      requests: [{ method: 'POST', url: 'http://broker', headers: { Accept: 'application/json' } }],
      answers: [
        { entity: ENTITY.id, sentAt: TIME, answeredAt: TIME, entities: 1, status: 204, words: 'confirmed' },
      ],
    },
  ],
}

const RECORD: AuditRecord = {
  ...{
    number: 7,
    at: TIME,
    actor: { name: 'ana', role: 'admin' as const, tenant: 'kranj' },
    from: '127.0.0.1',
  },
  ...{ action: 'create', place: { kind: 'device', tenant: 'kranj', id: 'a' }, after: { id: 'a' } },
  ...{ outcome: 'done', previous: 'x', hash: 'y' },
}

const TOKEN: TokenView = {
  ...{ id: 't1', name: 'ana', role: 'admin' as const, tenant: 'kranj', createdBy: 'setup', createdAt: 1 },
  ...{ rotatedAt: 2, expiresAt: 3, lastUsedAt: 4, previousUntil: 5 },
}

const ALARM: Alarm = {
  ...{ id: 7, kind: 'balance', tenant: 'kranj', subject: 'main', severity: 'critical' },
  ...{ message: 'x', code: 'BALANCE_BROKEN', since: Date.parse(TIME) },
}

const DEVICE: DeviceStatus = {
  ...{ tenant: 'kranj', id: 'a', profile: 'p', state: 'silent', interval: 600_000 },
  ...{ lastHeardAt: Date.parse(TIME), knownSince: Date.parse(TIME) },
  battery: { percent: 12, at: Date.parse(TIME), isLow: true },
}

const JOB: ImportJob = {
  ...{ id: 'job', tenant: 'kranj', dryRun: false, state: 'failed', problem: 'x' },
  ...{ startedAt: Date.parse(TIME), endedAt: Date.parse(TIME), warnings: ['x'] },
  counts: { created: 1, updated: 0, unchanged: 0, refused: 1 },
  lines: [
    { line: 2, id: 'a', verdict: 'created' },
    { line: 3, verdict: 'refused', problem: 'x' },
  ],
}

export async function fullSources(): Promise<Partial<AdminSources>> {
  const provisioning = await openProvisioning()
  await make(provisioning, KRANJ, device('six-1', { name: 'Šola', password: 'p' }), CREDENTIAL)
  return {
    ...profileSources(),
    provisioning,
    findDestination: () => destinationSchema.parse({ id: 'broker', dialect: 'ngsi-ld', url: 'http://b' }),
    getLanes: async () => [LANE],
    getBridges: () => [
      { id: 'lns', tenant: 'kranj', url: 'mqtt://lns', isConnected: false, trouble: 'x', acknowledged: 7 },
    ],
    getAlarms: () => [ALARM],
    listAlarms: () => [{ ...ALARM, until: Date.parse(TIME) }, ALARM],
    listDeviceStates: () => ({ devices: [DEVICE], last: 41 }),
    getDeviceState: (_tenant, id) => (id === 'gone' ? undefined : DEVICE),
    getJournalUsage: () => ({
      bytes: 9,
      maxBytes: 20,
      tenants: [{ tenant: 'kranj', bytes: 9, maxBytes: 10 }],
    }),
    renderMetrics: async () => 'tromost_x 1\n',
    getContext: path => (path.includes('gone') ? undefined : { body: '{"@context":{}}', etag: '"abc"' }),
    listQuarantine: async ({ tenant, destination }) => [createEntry(tenant, destination)],
    getQuarantined: async ({ tenant, destination, position }) =>
      position === 7 ? createEntry(tenant, destination) : undefined,
    tenantIds: ['kranj'],
    listMessages: async () => ({ messages: [MESSAGE], scanned: 3, isComplete: true }),
    listEntities: async ({ ids }) => (ids?.includes('gone') ? [] : [{ ...ENTITY }]),
    replayQuarantine: async ({ tenant, dryRun }) => ({
      finished: false,
      outcomes: { quarantined: 2 },
      refusals: { MAP_FAILED: 1 },
      entries: [
        { id: `${tenant}/main/1`, outcome: 'quarantined', code: 'MAP_FAILED', detail: 'x' },
        { id: `${tenant}/main/2`, outcome: 'delivered', ...(dryRun && { entities: [{ ...ENTITY }] }) },
      ],
    }),
    audit: {
      record: async () => {},
      list: async () => ({ records: [RECORD], next: 6 }),
      read: async function* () {
        yield RECORD
      },
    },
    tokens: {
      list: () => [TOKEN],
      create: async () => ({ token: TOKEN, secret: 'tromost_X' }),
      rotate: async id => (id === 'gone' ? 'TOKEN_UNKNOWN' : { token: TOKEN, secret: 'tromost_X' }),
      revoke: async id => (id === 'gone' ? 'TOKEN_UNKNOWN' : 'done'),
    },
    transfer: {
      exportTenant: async tenant => (tenant === 'gone' ? undefined : Readable.from([Buffer.alloc(1_024)])),
      importTenant: async () => ({
        ...{ dryRun: true, tenant: 'kranj', id: 'x', exportedAt: TIME, more: 1 },
        counts: { devices: { taken: 1, known: 2, left: 3 } },
        left: [{ what: 'device a', why: 'x' }],
        passwords: [{ kind: 'device', id: 'a', password: 'X' }],
      }),
    },
    forgetDevice: async ({ device, dryRun }) =>
      device === 'gone'
        ? {
            refusals: [
              { code: 'FROM_FILE', place: { kind: 'device', tenant: 'kranj', id: device }, faults: [] },
            ],
          }
        : { dryRun, removed: REMOVED, stays: [{ what: 'entity urn:x', why: 'x' }] },
    discardQuarantine: async () => 3,
    hasTenant: tenant => tenant === 'kranj',
    imports: { start: () => JOB, get: id => (id === JOB.id ? JOB : undefined) },
    listDevices: () => () => [{ id: 'a', profile: 'p', attributes: {} }],
    onboarding: createOnboarding(),
    rewindLane: async () => ({ position: 5, from: Date.parse(TIME), messages: 7, quarantined: 1 }),
  }
}

function createOnboarding(): AdminSources['onboarding'] {
  const place = { kind: 'device', tenant: 'kranj', id: 'a' } as const
  const profile = { id: 'p', decoded: 1, tried: 1, values: 2, attributes: 2, outOfRange: 0, isNamed: true }
  const envelope = { name: 'an uplink of ChirpStack', hex: '00', bytes: 1, fPort: 2, deviceType: 'x' }
  const at = Date.parse(TIME)
  const looks = { topic: 't', receivedAt: at, bytes: 2, hex: '7b7d', text: '{}', envelope }
  const device = {
    ...{ id: 'a', topics: ['t'], messages: 3, firstSeen: at, lastSeen: at, isProvisioned: false, looks },
    profiles: [{ ...profile, types: ['WeatherObserved'] }],
  }
  return {
    list: async () => ({
      ...{ devices: [device], next: { lastSeen: 7, id: 'a' }, total: 2, moreMessages: 0 },
      unnamed: { messages: 1, topics: ['x'] },
    }),
    listIgnored: () => [{ id: 'b', since: at, by: 'ana', messages: 7 }],
    accept: async ({ value }) =>
      value === undefined
        ? {
            refusals: [
              { code: 'EXISTS', place, faults: [{ file: 'device kranj/a', key: '', problem: 'x' }] },
            ],
          }
        : {
            device: { ...place, source: 'api', revision: 1, updatedAt: at, value: {} },
            delivery: { finished: true, outcomes: { delivered: 3 }, refusals: {} },
          },
    reject: async (_tenant, id) => (id === 'a' ? 3 : undefined),
    heed: async (_tenant, id) => id === 'b',
  }
}

function createEntry(tenant: string, destination: string) {
  return {
    ...{
      id: `${tenant}/${destination}/7`,
      tenant,
      destination,
      position: 7,
      device: 'a',
      topic: 'tromost/a/up',
    },
    ...{ code: 'MAP_FAILED', detail: 'x', receivedAt: Date.parse(TIME), quarantinedAt: Date.parse(TIME) },
    ...{ messages: 1, payload: Buffer.from([0, 255]), bytes: 200 },
  }
}

/** JSON is YAML. */
const DRAFT = JSON.stringify(SOUND)

const CREDENTIAL = {
  kind: 'credential',
  tenant: 'kranj',
  id: 'gateway',
  value: { publish: ['a/#'] },
} as const

interface Request {
  readonly method: string
  readonly path: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const get = (path: string, status?: number, headers?: Request['headers']): Request => ({
  ...{ method: 'GET', path },
  ...(status !== undefined && { status }),
  ...(headers !== undefined && { headers }),
})
const post = (path: string, body: unknown, status = 200): Request => ({ method: 'POST', path, body, status })

/** One after the other: what is made first is what the later ones are about. */
function provisionRequests(list: string, one: string, value: object): readonly Request[] {
  const path = `/api/v1/${list}`
  const any = { headers: { 'If-Match': '*' } }
  const hasLogin = list === 'devices' || list === 'credentials'
  const password = [
    post(`${path}${one}/password`, { grace: '7d' }),
    post(`${path}${one}/password`, { grace: 'long' }, 400),
    { method: 'DELETE', path: `${path}${one}/password` },
    { method: 'DELETE', path: `${path}${one}x/password`, status: 404 },
    post(`${path}${one}/psk`, { grace: '7d' }),
    post(`${path}${one}/psk`, { grace: 'long' }, 400),
    { method: 'DELETE', path: `${path}${one}/psk` },
    { method: 'DELETE', path: `${path}${one}x/psk`, status: 404 },
  ]
  return [
    post(`${path}?dryRun=true`, value),
    post(path, { ...value, role: 'admin' }, 400),
    post(path, value, 201),
    post(path, value, 409),
    get(`${path}?limit=1`),
    get(`${path}?limit=0`, 400),
    get(`${path}${one}`),
    get(`${path}${one}x`, 404),
    ...(hasLogin ? password : []),
    { method: 'PATCH', path: `${path}${one}`, ...any, body: {} },
    { method: 'PATCH', path: `${path}${one}`, body: {}, status: 428 },
    { method: 'PUT', path: `${path}${one}`, headers: { 'If-Match': '"x"' }, body: {}, status: 400 },
    { method: 'PUT', path: `${path}${one}`, ...any, body: toReplacement(value) },
    { method: 'DELETE', path: `${path}${one}`, status: 428 },
    { method: 'DELETE', path: `${path}${one}?dryRun=true`, ...any, status: list === 'tenants' ? 409 : 200 },
    ...(list === 'tenants' ? [{ method: 'DELETE', path: `${path}/bled`, ...any }] : []),
  ]
}

/** What the address says may be left out. */
function toReplacement(value: object): object {
  const {
    id: _id,
    username: _username,
    tenant: _tenant,
    ...rest
  } = value as Readonly<Record<string, unknown>>
  return rest
}

const VERSIONS = '/api/v1/profiles/maker-model/versions'
const GONE = '/api/v1/profiles/gone'

const PROFILE_REQUESTS: readonly Request[] = [
  get('/api/v1/profiles?search=mak&limit=1'),
  get('/api/v1/profiles?vendor=x', 400),
  get('/api/v1/profiles/maker-model'),
  get(GONE, 404),
  post('/api/v1/profiles', { yaml: DRAFT, tenant: 'kranj' }, 201),
  post('/api/v1/profiles?dryRun=true', { profile: SOUND, activate: true }),
  post('/api/v1/profiles', { yaml: DRAFT, profile: SOUND }, 400),
  get(`${VERSIONS}?limit=1`),
  get(`${GONE}/versions`, 404),
  get(`${VERSIONS}/2`),
  get(`${VERSIONS}/9`, 404),
  post(VERSIONS, { yaml: DRAFT, note: 'a range' }, 201),
  post(VERSIONS, { yaml: 'id: 7' }, 400),
  post(`${VERSIONS}/2/activate?dryRun=true`, { force: true }, 400),
  { method: 'POST', path: `${VERSIONS}/2/activate` },
  { method: 'POST', path: `${VERSIONS}/9/activate`, status: 409 },
  post('/api/v1/profiles/maker-model/rollback', { version: 1 }),
  post('/api/v1/profiles/maker-model/rollback', { to: 1 }, 400),
  post(`${VERSIONS}/2/shadow`, { devices: [{ tenant: 'kranj', id: 'a' }] }),
  post(`${VERSIONS}/2/shadow`, { devices: ['a'] }, 400),
  get(`${VERSIONS}/2/shadow`),
  get(`${VERSIONS}/9/shadow`, 404),
  { method: 'DELETE', path: `${VERSIONS}/2/shadow` },
  { method: 'DELETE', path: `${VERSIONS}/9/shadow`, status: 404 },
  { method: 'DELETE', path: '/api/v1/profiles/maker-model', headers: { 'If-Match': '*' } },
  { method: 'DELETE', path: '/api/v1/profiles/maker-model', status: 428 },
]

/** For each route at least one that is answered well and one that is not. */
export const REQUESTS: readonly Request[] = [
  get('/healthz'),
  get('/healthz?x=1', 400),
  get('/readyz'),
  get('/readyz?x=1', 400),
  get('/context.jsonld'),
  get('/context.jsonld', 304, { 'If-None-Match': '"abc"' }),
  get('/contexts/own.jsonld'),
  get('/contexts/gone.jsonld', 404),
  ...['/metrics', '/openapi.json', '/docs', '/api/v1/status', '/api/v1/lanes', '/api/v1/balance'].flatMap(
    path => [get(path), get(`${path}?x=1`, 400)],
  ),
  ...provisionRequests('tenants', '/kranj', { id: 'bled', name: { sl: 'Bled' } }),
  ...provisionRequests('destinations', '/broker', {
    id: 'broker',
    dialect: 'ngsi-ld',
    url: 'http://b',
    auth: { kind: 'bearer', token: 's' },
  }),
  ...provisionRequests('devices', '/kranj/six-1', {
    tenant: 'kranj',
    id: 'six-2',
    profile: 'six',
    location: { crs: 'EPSG:3794', e: 461_700, n: 101_300 },
  }),
  ...provisionRequests('credentials', '/kranj/gateway', { tenant: 'kranj', username: 'other' }),
  post('/api/v1/try', { draft: DRAFT, payload: { json: { temperature: 21.5 } } }),
  post('/api/v1/try', { draft: DRAFT, payload: { text: 'x' } }),
  post('/api/v1/try', { draft: 'id: [', payload: { text: 'x' } }, 400),
  post('/api/v1/try', { profile: 'gone', payload: { text: 'x' } }, 404),
  post('/api/v1/profiles/test', { draft: DRAFT }),
  post('/api/v1/profiles/test', { draft: 'id: 7' }, 400),
  get('/api/v1/tokens'),
  get('/api/v1/tokens?x=1', 400),
  post('/api/v1/tokens', { name: 'a', role: 'viewer', expiresIn: '90d' }, 201),
  post('/api/v1/tokens', { name: 'a', role: 'owner' }, 400),
  post('/api/v1/tokens/t1/rotate', undefined),
  post('/api/v1/tokens/t1/rotate', { grace: '1h' }),
  post('/api/v1/tokens/gone/rotate', { grace: '1h' }, 404),
  { method: 'DELETE', path: '/api/v1/tokens/t1', status: 204 },
  { method: 'DELETE', path: '/api/v1/tokens/gone', status: 404 },
  get('/api/v1/audit?limit=1'),
  get('/api/v1/audit?cursor=6', 400),
  get('/api/v1/audit/export?since=2h'),
  get('/api/v1/audit/export?since=soon', 400),
  get('/api/v1/alarms?limit=1&state=open'),
  get('/api/v1/alarms?kind=fire', 400),
  get('/api/v1/devices/status?lowBattery=true'),
  get('/api/v1/devices/status?state=asleep', 400),
  get('/api/v1/devices/kranj/a/status'),
  get('/api/v1/devices/kranj/gone/status', 404),
  get('/api/v1/quarantine?limit=1'),
  get('/api/v1/quarantine?limit=0', 400),
  get('/api/v1/quarantine/kranj%2Fmain%2F7'),
  get('/api/v1/quarantine/seven', 404),
  get('/api/v1/quarantine/kranj/main/7'),
  get('/api/v1/quarantine/kranj/main/8', 404),
  post('/api/v1/quarantine/replay', { all: true }),
  post('/api/v1/quarantine/replay?dryRun=true', { all: true }),
  post('/api/v1/quarantine/replay', { tenant: 'ptuj' }, 404),
  post('/api/v1/quarantine/discard', { device: 'a' }),
  post('/api/v1/quarantine/discard', { all: false }, 400),
  post('/api/v1/lanes/kranj/main/rewind', { to: '2h' }),
  post('/api/v1/lanes/kranj/other/rewind', { to: '2h' }, 404),
  get('/api/v1/messages?device=a'),
  get('/api/v1/messages', 400),
  get('/api/v1/messages/tail?tenant=ptuj', 400),
  {
    ...post('/api/v1/devices/import?tenant=kranj', 'id\na', 202),
    headers: { 'Content-Type': 'text/csv' },
  },
  {
    ...post('/api/v1/devices/import?tenant=kranj', 'PK\u0003\u0004', 415),
    headers: { 'Content-Type': 'text/csv' },
  },
  get('/api/v1/devices/import/job?limit=1'),
  get('/api/v1/devices/import/job?verdict=refused'),
  get('/api/v1/devices/import/other', 404),
  get('/api/v1/devices/export?tenant=kranj'),
  get('/api/v1/devices/export?tenant=kranj&format=json'),
  get('/api/v1/devices/export?tenant=ptuj', 404),
  get('/api/v1/onboarding?tenant=kranj'),
  get('/api/v1/onboarding?tenant=kranj&limit=101', 400),
  get('/api/v1/onboarding/ignored?tenant=kranj'),
  get('/api/v1/onboarding/ignored?tenant=ptuj', 404),
  post('/api/v1/onboarding/kranj/a/accept', { profile: 'p' }),
  { method: 'POST', path: '/api/v1/onboarding/kranj/a/accept', status: 409 },
  post('/api/v1/onboarding/kranj/a/reject', { ignore: true }),
  post('/api/v1/onboarding/kranj/a/reject', { ignored: true }, 400),
  { method: 'POST', path: '/api/v1/onboarding/kranj/b/heed' },
  { method: 'POST', path: '/api/v1/onboarding/kranj/a/heed', status: 404 },
  ...PROFILE_REQUESTS,
  get('/api/v1/export?tenant=kranj'),
  get('/api/v1/export?tenant=gone', 404),
  get('/api/v1/export', 400),
  { method: 'POST', path: '/api/v1/import', headers: { 'Content-Type': 'application/x-tar' }, body: 'x' },
  post('/api/v1/import', {}, 415),
  { method: 'DELETE', path: '/api/v1/devices/kranj/a/data?dryRun=true' },
  { method: 'DELETE', path: '/api/v1/devices/kranj/gone/data?device=true', status: 409 },
  get('/ngsi-ld/v1/entities'),
  get('/ngsi-ld/v1/entities?options=keyValues'),
  get('/ngsi-ld/v1/entities?q=x', 400),
  get('/ngsi-ld/v1/entities/urn:x'),
  get('/ngsi-ld/v1/entities/gone', 404),
]
