import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { startServer, type TestServer } from '../support/test-server.ts'
import { Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const SECRET = 'four-hooks-in-the-hall'
const PROFILE = 'profiles/test-six.yaml'

let town: Town
let receiver: TestServer

interface Event {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Listed {
  readonly alarms: readonly Readonly<Record<string, unknown>>[]
}

beforeEach(async () => {
  receiver = await startServer((_asked, response) => response.writeHead(204).end())
  town = await Town.start({ deviceCount: 2, config: { alarms: createAlarms('1s') } })
  // Longer than it takes until somebody looks, and short enough for a test.
  const { readFileSync } = await import('node:fs')
  const text = readFileSync(`test/support/${PROFILE}`, 'utf8')
  town.folder.write(PROFILE, text.replace('interval: 10m', 'interval: 2s'))
  await until('the shorter interval is in use', () =>
    town.agent.logs.some(({ msg }) => msg === 'changed profiles are in use'),
  )
})

afterEach(async () => {
  await town.close()
  await receiver.close()
})

function createAlarms(downAfter: string) {
  return {
    ...{ lookEvery: '1s', silentAfter: 2, neverHeardAfter: '1h', lowBattery: 20, downAfter },
    webhooks: [{ url: `${receiver.url}/hook`, secret: SECRET, tenants: ['kranj'] }],
  }
}

function getEvents(kind: string): readonly Event[] {
  return receiver.asked
    .map(({ body }) => JSON.parse(body) as Event)
    .filter(({ data }) => data['kind'] === kind)
}

async function listAlarms(query: string): Promise<Listed['alarms']> {
  const { body } = await town.agent.get(`/api/v1/alarms?${query}`)
  return (body as Listed).alarms
}

async function getMetric(name: string): Promise<string | undefined> {
  const { body } = await town.agent.get('/metrics')
  return String(body)
    .split('\n')
    .find(line => line.startsWith(`${name} `))
    ?.slice(name.length + 1)
}

test('a silent sensor is an alarm with a start and an end, which a restart neither repeats nor forgets', async () => {
  const [sensor] = await town.connectSensors()
  sensor?.publish(1)
  await until('its silence is told', () => getEvents('device-silent').length === 1)
  expect(getEvents('device-silent')).toMatchObject([
    { type: 'alarm.start', data: { tenant: 'kranj', subject: 'six-1', severity: 'warning' } },
  ])
  const asked = receiver.asked.find(({ body }) => body.includes('device-silent'))
  const signed = `${asked?.headers['webhook-id']}.${asked?.headers['webhook-timestamp']}.${asked?.body}`
  const signature = createHmac('sha256', SECRET).update(signed).digest('base64')
  expect(asked?.headers['webhook-signature']).toBe(`v1,${signature}`)
  const [before] = await listAlarms('kind=device-silent&state=open')
  expect(before).toMatchObject({ kind: 'device-silent', subject: 'six-1' })
  expect(await getMetric('tromost_alarms{kind="device-silent",tenant="kranj"}')).toBe('1')
  expect(await getMetric('tromost_devices_silent{tenant="kranj"}')).toBe('1')
  expect((await town.agent.get('/api/v1/devices/kranj/six-1/status')).body).toMatchObject({ state: 'silent' })
  expect((await town.agent.get('/api/v1/devices/kranj/six-2/status')).body).toMatchObject({
    state: 'never-heard',
  })

  await town.agent.kill9()
  await town.agent.restart()
  expect(await listAlarms('kind=device-silent')).toEqual([before])
  const [again] = await town.connectSensors(new Map([['six-1', 2]]))
  again?.publish(1)
  await until('its end is told', () => getEvents('device-silent').some(({ type }) => type === 'alarm.end'))
  expect(getEvents('device-silent').map(({ type }) => type)).toEqual(['alarm.start', 'alarm.end'])
  const ended = await listAlarms('kind=device-silent&state=ended')
  expect(ended).toEqual([{ ...before, until: expect.any(String) }])
}, 60_000)

test('a battery that runs low and a broker that is away are told, also by a webhook that was away itself', async () => {
  receiver.answer((_asked, response) => response.writeHead(503).end())
  const [sensor] = await town.connectSensors()
  sensor?.publishRaw(JSON.stringify({ sequence: 1, battery: 12 }))
  await until('the battery is told', async () => (await listAlarms('kind=low-battery')).length === 1)
  expect(await listAlarms('kind=low-battery')).toMatchObject([
    { subject: 'six-1', message: 'expected a battery of 20 % or more, got 12 %' },
  ])
  expect((await town.agent.get('/api/v1/devices/status?lowBattery=true')).body).toMatchObject({
    devices: [{ id: 'six-1', battery: { percent: 12, isLow: true } }],
  })
  await town.broker.goDown()
  sensor?.publish(1)
  await until('the broker is told', async () => (await listAlarms('kind=destination-down')).length === 1)
  await town.agent.stop()

  receiver.answer((_asked, response) => response.writeHead(204).end())
  const late = receiver.asked.length
  await town.agent.restart()
  const getKinds = () =>
    receiver.asked.slice(late).map(({ body }) => (JSON.parse(body) as Event).data['kind'])
  await until('the webhook has both', () => getKinds().includes('destination-down'))
  expect(getKinds()).toContain('low-battery')
  expect(await listAlarms('kind=destination-down')).toHaveLength(1)
}, 60_000)
