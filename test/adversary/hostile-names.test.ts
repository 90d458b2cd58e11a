import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { connect } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** What would be something else as a path, an address, a topic or a file, or looks like nothing. */
const NAMES = [
  ...['../x', 'x/../y', '%2e%2e%2fx/', '/etc/passwd', 'x?y', 'x#y', 'a+b'],
  ...['x\ny', 'x\u0000y', 'x\u0085y', 'x\u202ey', 'x\u200by', 'x\u2028y', ' x', 'x ', '', 'n'.repeat(300)],
  '\ud800',
]
/** For things whose ids are made of few characters. */
const STRICT_NAMES = [...NAMES, '..', '..%2fx', 'CON', 'krаnj', 'žaba', 'a b', 'x%2Fy', 'con.txt', 'A']

let town: Town
let admin: AdminClient
/** What lies around the folder of the agent, and in it. */
let around: readonly string[]

const list = () => [...readdirSync(`${town.folder.path}/..`), ...readdirSync(town.folder.path)]
const isOurs = (name: string) => !name.startsWith('tromost-test-')

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  around = readdirSync(town.folder.path, { recursive: true, encoding: 'utf8' }).filter(isOurs)
})

afterAll(() => town.close())

const post = (kind: string, body: unknown) => admin.ask('POST', `/api/v1/${kind}`, { body })

interface Placed {
  readonly pointer: string
}

describe('T57, T62: a name that is made to be something else is refused with its place', () => {
  test.each(NAMES)('of a device: %j', async id => {
    const answer = await post('devices', { tenant: TENANT, id, profile: 'test-six' })
    expect([answer.status, pointersOf(answer.body)]).toEqual([400, ['#/id']])
  })

  test.each(STRICT_NAMES)('of a tenant and a destination: %j', async id => {
    for (const answer of [
      await post('tenants', { id }),
      await post('destinations', { id, dialect: 'preview' }),
    ]) {
      expect([answer.status, pointersOf(answer.body)]).toEqual([400, ['#/id']])
    }
  })

  test.each(['a\nb', 'a\u001b[2J', 'a\u202eb', '\u0000', 'n'.repeat(300), ''])(
    'of a login: %j',
    async username => {
      const answer = await post('credentials', { tenant: TENANT, username })
      expect([answer.status, pointersOf(answer.body)]).toEqual([400, ['#/username']])
    },
  )

  test.each(['../../etc/passwd', 'CON', 'x\u0000', '/dev/zero', '%2e%2e%2fx', '__proto__'])(
    'of the profile of a device: %j',
    async profile => {
      const answer = await post('devices', { tenant: TENANT, id: 'x', profile })
      expect([answer.status, pointersOf(answer.body)]).toEqual([400, ['#/profile']])
    },
  )

  test('where it stands in an address', async () => {
    const paths = ['..%2f..%2fsecret.key', '%00', '%2e%2e', 'a%0d%0ab', 'n'.repeat(2_000), '%E0%A4%A', '%ff']
    for (const path of paths) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await admin.ask(method, `/api/v1/devices/${TENANT}/${path}`, {
          headers: { 'If-Match': '*' },
          ...(method === 'PUT' && { body: { profile: 'test-six' } }),
        })
        expect([path, method, answer.status >= 400 && answer.status < 500]).toEqual([path, method, true])
      }
    }
  })

  test('in a sheet, each row with its verdict', async () => {
    const ids = [
      '../x',
      'x/../y',
      '%2e%2e%2fx/',
      'x?y',
      'x#y',
      'a+b',
      'x\u202ey',
      'x\u200by',
      'n'.repeat(300),
    ]
    const rows = ids.map(id => `"${id}",test-six`)
    const path = `/api/v1/devices/import?tenant=${TENANT}`
    const { id } = await admin.post(path, ['id,profile', ...rows].join('\n'), { 'Content-Type': 'text/csv' })
    let job: Readonly<Record<string, unknown>> = {}
    await until('the import has ended', async () => {
      job = await admin.get(`/api/v1/devices/import/${id}`)
      return job['state'] === 'finished'
    })
    expect(job['counts']).toMatchObject({ created: 0, refused: ids.length })
  })

  test('and no file is made anywhere', () => {
    const now = readdirSync(town.folder.path, { recursive: true, encoding: 'utf8' }).filter(isOurs)
    expect(now).toEqual(around)
    expect(list().filter(name => /^(?:x|y|CON|con\.txt|passwd)$/.test(name))).toEqual([])
  })
})

test.each(['__proto__', 'constructor', 'tostring'])(
  'T62: a tenant, a device and a login that are called %s are ones like any other',
  async name => {
    await admin.post('/api/v1/tenants', { id: name })
    await admin.post('/api/v1/devices', { tenant: name, id: name, profile: 'test-six' })
    const login = { username: name, password: 'seven-bridges-of-koenigsberg' }
    await admin.post('/api/v1/credentials', { tenant: name, ...login, publish: ['tromost/{device}/up'] })
    const client = await connect({ url: town.agent.mqttUrl, ...login })
    await client.publishAsync(`tromost/${name}/up`, '{"sequence":1,"temperature":20}', { qos: 1 })
    await client.endAsync()
    expect(await town.agent.settled(name)).toMatchObject({ received: 1, delivered: 1 })
    await admin.ask('DELETE', `/api/v1/credentials/${name}/${name}`, { headers: { 'If-Match': '*' } })
  },
)

describe('T58: devices whose entities would be one', () => {
  test('because their ids differ in marks only are refused, the other one named', async () => {
    await admin.post('/api/v1/devices', { tenant: TENANT, id: 'zaba', profile: 'test-six' })
    const answer = await post('devices', { tenant: TENANT, id: 'žaba', profile: 'test-six' })
    expect([answer.status >= 400 && answer.status < 500, answer.text]).toEqual([
      true,
      expect.stringContaining('zaba'),
    ])
    expect((await admin.ask('GET', `/api/v1/devices/${TENANT}/${encodeURIComponent('žaba')}`)).status).toBe(
      404,
    )
  })

  test('are told by a dry run as well', async () => {
    const body = { tenant: TENANT, id: 'žaba', profile: 'test-six' }
    const dry = await admin.ask('POST', '/api/v1/devices?dryRun=true', { body })
    const real = await post('devices', body)
    expect([dry.status, dry.body]).toEqual([real.status, real.body])
  })
})

function pointersOf({ errors }: AdminAnswerBody): readonly string[] {
  return ((errors ?? []) as readonly Placed[]).map(({ pointer }) => pointer)
}

type AdminAnswerBody = Readonly<Record<string, unknown>>
