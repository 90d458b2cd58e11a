import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { configSchema } from '../../src/config/config.ts'
import { isClosedAddress } from '../../src/egress/address-classes.ts'
import { Egress } from '../../src/egress/egress.ts'
import { AdminClient } from '../support/admin-client.ts'
import { connect, toPayload } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town
let admin: AdminClient
/** Somebody on this machine who is no broker, and what they were asked for. */
let other: Server
const asked: string[] = []

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1, config: { egress: { allow: [] } } })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
  other = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(204).end()
  })
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', () => resolve()))
})

afterAll(async () => {
  other.close()
  await town.close()
})

const makeDestination = (value: object) =>
  admin.ask('POST', '/api/v1/destinations', { body: { id: 'evil', dialect: 'ngsi-ld', ...value } })

/** The agent of these tests is told to leave the inside alone. */
describe('T66: the address of a destination', () => {
  test.each([
    ...['file:///etc/passwd', 'data:text/plain,x', 'gopher://127.0.0.1:70/', 'ftp://broker/', 'javascript:1'],
    ...['//broker', 'broker:1026', '', 'http://', 'http://user:word@broker:1026', 'http://user@broker'],
    ...['http://169.254.169.254/latest/meta-data', 'http://0xa9fea9fe/', 'http://2852039166/'],
    ...[
      'http://169.254.43518/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[fe80::1]/',
      'http://[fd00:ec2::254]/',
    ],
    ...['http://127.0.0.1:4041', 'http://0x7f.1/', 'http://2130706433/', 'http://127.1/', 'http://0.0.0.0/'],
    ...['http://[::ffff:7f00:1]/', 'http://[::1]/', 'http://localhost./', 'http://10.0.0.7:1026'],
  ])('is refused: %j', async url => {
    const answer = await makeDestination({ url })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('#/url')])
    expect(answer.text).not.toContain('word')
  })

  test.each(['http://127.0.0.1:1026', 'http://localhost:1026', 'http://10.0.0.7:1026', 'http://[fd00::7]/'])(
    'on this machine or in a private network is taken as long as nobody closes it: %s',
    url => expect(new Egress({ ...configSchema.parse({}).egress, named: [] }).findFault(url)).toBe(undefined),
  )

  test.each(['http://169.254.169.254/', 'http://[fe80::1]/', 'http://[fd00:ec2::254]/', 'http://0.0.0.0/'])(
    'that is link-local, or of cloud credentials, is closed without anybody asking: %s',
    url =>
      expect(new Egress({ ...configSchema.parse({}).egress, named: [] }).findFault(url)).not.toBe(undefined),
  )

  test('of the inside is taken where the configuration names the same host and port', async () => {
    const dryRun = { body: { id: 'same', dialect: 'ngsi-ld', url: `${town.broker.url}/other` } }
    expect((await admin.ask('POST', '/api/v1/destinations?dryRun=true', dryRun)).status).toBe(200)
  })

  test.each([
    'http://169.254.169.254/token',
    'http://127.0.0.1:4041/token',
    'http://user:word@keys.example/',
  ])('of a token server is held to the same: %s', async tokenUrl => {
    const auth = { kind: 'oauth2', clientId: 'a', clientSecret: 'b', tokenUrl }
    const answer = await makeDestination({ url: 'http://broker:1026', auth })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('#/auth/tokenUrl')])
  })

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', '[fe80::1]', '100.100.100.200'])(
    'is closed, however it came to be known: %s',
    address => expect(isClosedAddress(address)).toBe(true),
  )

  test.each(['127.0.0.1', '10.0.0.7', '::1', 'broker', '169.253.0.1', '192.168.1.1'])(
    'is open to the configuration file, since brokers are there: %s',
    address => expect(isClosedAddress(address)).toBe(false),
  )
})

test('T66: a broker that sends us elsewhere is not followed, and the reading waits', async () => {
  const { port } = other.address() as AddressInfo
  const location = `http://127.0.0.1:${port}/secret`
  town.broker.behave({ kind: 'answer', status: 307, headers: { Location: location } })
  const sensor = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await sensor.publishAsync('tromost/six-1/up', toPayload(1), { qos: 1 })
  await until('the broker was asked', () => town.broker.requestCount > 0)
  await until('the reason is told', async () =>
    (await admin.ask('GET', '/api/v1/lanes')).text.includes('307'),
  )
  expect([asked, (await town.agent.getBalance(TENANT)).waiting]).toEqual([[], 1])
  town.broker.behave({ kind: 'normal' })
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1 })
  await sensor.endAsync()
})

test('T67: the @context of a destination is never fetched, whatever is there', async () => {
  const { port } = other.address() as AddressInfo
  const context = `http://127.0.0.1:${port}/context.jsonld`
  await admin.post('/api/v1/destinations', {
    id: 'foreign',
    dialect: 'ngsi-ld',
    url: town.broker.url,
    context,
  })
  await admin.post('/api/v1/tenants', { id: 'bohinj', destinations: ['foreign'] })
  await admin.post('/api/v1/devices', { tenant: 'bohinj', id: 'savica', profile: 'test-six' })
  const login = { username: 'gate', password: 'waterfall-over-the-lake' }
  await admin.post('/api/v1/credentials', { tenant: 'bohinj', ...login, publish: ['tromost/+/up'] })
  const sensor = await connect({ url: town.agent.mqttUrl, ...login })
  for (const sequence of [1, 2, 3])
    await sensor.publishAsync('tromost/savica/up', toPayload(sequence), { qos: 1 })
  await until('they are delivered', async () => {
    const { delivered } = await town.agent.getBalance('bohinj', 'foreign')
    return delivered === 3
  })
  expect(town.broker.requests.at(-1)?.link).toContain(context)
  expect(asked).toEqual([])
  await sensor.endAsync()
})

test.each([
  '<script>',
  'http://a b',
  'file:///etc/passwd',
  'http://x>;rel="y"',
  `http://x/\u202e`,
  'ftp://x/',
])('T67: what is no address of a @context is refused: %j', async context => {
  const answer = await makeDestination({ url: 'http://broker:1026', context })
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('#/context')])
})
