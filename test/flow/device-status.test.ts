import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { runTromost } from '../commands/run-tromost.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const PROFILE = 'profiles/test-six.yaml'
const STATUS_TOPIC = '$tromost/device-status/six-1'
/** What the profile of the sensor says of its device itself. */
const OWN_DEVICE = `
  - type: Device
    attributes:
      dateLastValueReported: { from: reading.observedAt }
      serialNumber: { from: sequence }
samples:`

let town: Town

beforeEach(async () => {
  const text = readFileSync(`test/support/${PROFILE}`, 'utf8')
  const [head = ''] = text.split('\nsamples:')
  const profile = `${head.replace('interval: 10m', 'interval: 2s')}${OWN_DEVICE}
  - { name: nothing, payload: { text: '[]' }, device: { id: six-1 }, entities: [] }
`
  town = await Town.start({
    deviceCount: 2,
    tenant: { deviceStatus: true },
    config: {
      alarms: { lookEvery: '1s', silentAfter: 2, neverHeardAfter: '3s', lowBattery: 20, downAfter: '1h' },
    },
    files: { [PROFILE]: profile },
  })
})

afterEach(async () => {
  expect(town.broker.faults).toEqual([])
  await town.close()
})

function toDeviceId(device: string): string {
  return `urn:ngsi-ld:Device:${device}`
}

function statesOf(device: string): readonly unknown[] {
  return town.broker.store.valuesOf(toDeviceId(device), 'deviceState')
}

/** Messages of the agent about the device, as the journal has them, oldest first. */
async function listStatusMessages(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { body } = await town.agent.get(`/api/v1/messages?tenant=${TENANT}&device=six-1&limit=100`)
  const { messages } = body as { readonly messages: readonly Readonly<Record<string, unknown>>[] }
  return messages
    .filter(({ topic }) => topic === STATUS_TOPIC)
    .sort((one, other) => Number(one['position']) - Number(other['position']))
}

test('a broker has how each device is, beside what the device says itself, and kill -9 loses none of it', async () => {
  const [sensor] = await town.connectSensors()
  sensor?.publish(3)
  await until('the broker has it', () => statesOf('six-1').at(-1) === 'ok')
  await until('it has all of its readings', () =>
    town.broker.store.valuesOf(toDeviceId('six-1'), 'serialNumber').includes(3),
  )
  await until('the other is missed', () => statesOf('six-2').at(-1) === 'never-heard')
  expect(town.broker.store.get(toDeviceId('six-2'))).toEqual({
    ...{ id: toDeviceId('six-2'), type: 'Device' },
    deviceState: { type: 'Property', value: 'never-heard', observedAt: expect.any(String) },
  })
  const own = town.broker.store.get(toDeviceId('six-1'))
  expect(own).toMatchObject({ serialNumber: { value: 3 } })
  await town.broker.goDown()
  await until('its silence is told', async () => (await listStatusMessages()).length === 2)
  expect((await listStatusMessages()).at(-1)).toMatchObject({
    ...{ device: 'six-1', profile: '$device-status' },
    entities: [{ id: toDeviceId('six-1'), type: 'Device', deviceState: { value: 'silent' } }],
  })

  await town.agent.kill9()
  await town.broker.comeUp()
  await town.agent.restart()
  await until('the broker has its silence', () => statesOf('six-1').at(-1) === 'silent')
  expect(town.broker.store.get(toDeviceId('six-1'))).toEqual({
    ...own,
    batteryLevel: { type: 'Property', value: 0.87, unitCode: 'C62', observedAt: expect.any(String) },
    deviceState: { type: 'Property', value: 'silent', observedAt: expect.any(String) },
  })
  const [again] = await town.connectSensors(new Map([['six-1', 4]]))
  again?.publish(1)
  await until('the broker has that it is back', () => statesOf('six-1').at(-1) === 'ok')
  const told = (await listStatusMessages()).map(({ payload }) => (payload as { text: string }).text)
  expect(told.map(text => (JSON.parse(text) as { state: string }).state)).toEqual(['ok', 'silent', 'ok'])
  const { received, delivered } = await town.agent.settled(TENANT)
  expect([received, delivered]).toEqual([8, 8])
}, 90_000)

test('what a broker refuses of it is in quarantine, and is replayed as any message', async () => {
  const [sensor] = await town.connectSensors()
  sensor?.publish(1)
  await until('the broker has it', () => statesOf('six-1').at(-1) === 'ok')
  town.broker.behave({ kind: 'answer', status: 400, body: '{"title":"no","detail":"no Device here"}' })
  await until('its silence is refused', async () => {
    const { body } = await town.agent.get('/api/v1/quarantine?device=six-1')
    return JSON.stringify(body).includes(STATUS_TOPIC)
  })
  town.broker.behave({ kind: 'normal' })
  const connection = ['--url', town.agent.httpUrl, '--token', town.agent.token]
  const planned = await runTromost(['quarantine', 'replay', '--device', 'six-1', '--dry-run', ...connection])
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/"deviceState":.*"silent"/s) })
  expect(statesOf('six-1')).toEqual(['ok'])
  const replayed = await runTromost(['quarantine', 'replay', '--device', 'six-1', ...connection])
  expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 delivered') })
  expect(statesOf('six-1')).toEqual(['ok', 'silent'])
}, 90_000)

test('a tenant of the API begins to want it without a restart', async () => {
  const send = async (method: string, path: string, type: string, body: unknown) => {
    const authorization = `Bearer ${town.agent.token}`
    const headers = { authorization, 'Content-Type': type, 'If-Match': '*' }
    const url = `${town.agent.httpUrl}/api/v1/${path}`
    const { status } = await fetch(url, { method, headers, body: JSON.stringify(body) })
    return status
  }
  expect(await send('POST', 'tenants', 'application/json', { id: 'bled' })).toBe(201)
  const device = { tenant: 'bled', id: 'lake-1', profile: 'test-six' }
  expect(await send('POST', 'devices', 'application/json', device)).toBe(201)
  await until('it is missed', async () => {
    const { body } = await town.agent.get('/api/v1/alarms?kind=device-never-heard')
    return JSON.stringify(body).includes('lake-1')
  })
  await until('the other tenant has been told', () => statesOf('six-2').length > 0)
  expect(statesOf('lake-1')).toEqual([])
  expect(await send('PATCH', 'tenants/bled', 'application/merge-patch+json', { deviceStatus: true })).toBe(
    200,
  )
  await until('the broker has it', () => statesOf('lake-1').length > 0)
  expect(statesOf('lake-1')).toEqual(['never-heard'])
}, 90_000)
