import { afterEach, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { Sensor } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { toDestination, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const DEVICES = { weather: 'kranj-weather', parking: 'kranj-parking', bled: 'bled-weather' }
const PASSWORD = 'seven-bridges-over-kokra'
const PARKING_ID = `urn:ngsi-ld:ParkingSpot:${DEVICES.parking}`
const PARKING_PROFILE = {
  ...{ id: 'test-parking', vendor: 'Tromost', model: 'Parking', source: 'test/flow/lanes.test.ts' },
  description: { en: 'Test sensor of a parking space', sl: 'Preskusni senzor parkirnega mesta' },
  ...{ interval: '10m', decode: { json: {} } },
  entities: [{ type: 'ParkingSpot', attributes: { sequence: { from: 'sequence' } } }],
  samples: [{ name: 'nothing', payload: { json: {} }, device: { id: 'x' }, entities: [] }],
}
/** Far more than a lane takes at once. */
const FLOOD = 20_000

let agent: AgentProcess
let folder: AgentFolder
const brokers: Record<string, StubBroker> = {}
const sensors: Sensor[] = []

afterEach(async () => {
  await Promise.all(sensors.splice(0).map(sensor => sensor.close()))
  await agent.kill9()
  await Promise.all(Object.values(brokers).map(broker => broker.goDown()))
  folder.remove()
})

/** Two tenants and two brokers; kranj has a mirror at the second one, for these types. */
async function start(types?: readonly string[]): Promise<void> {
  folder = new AgentFolder()
  for (const id of ['main', 'other']) brokers[id] = await StubBroker.start()
  const destinations = Object.entries(brokers).map(([id, { url }]) => toDestination(url, { id }))
  const mirror = types === undefined ? 'other' : { id: 'other', types }
  folder.write('profiles/test-parking.yaml', PARKING_PROFILE)
  folder.write('provision.yaml', {
    tenants: [
      { id: 'kranj', destinations: ['main', mirror] },
      { id: 'bled', destinations: ['other'] },
    ],
    credentials: ['kranj', 'bled'].map(tenant => ({
      ...{ tenant, username: tenant, password: PASSWORD },
      publish: ['tromost/+/up'],
    })),
    devices: [
      { tenant: 'kranj', id: DEVICES.weather, profile: 'test-six' },
      { tenant: 'kranj', id: DEVICES.parking, profile: 'test-parking' },
      { tenant: 'bled', id: DEVICES.bled, profile: 'test-six' },
    ],
  })
  agent = await AgentProcess.start(folder, { destinations })
}

async function connect(tenant: string, device: string): Promise<Sensor> {
  const sensor = await Sensor.connect({ url: agent.mqttUrl, username: tenant, password: PASSWORD }, device)
  sensors.push(sensor)
  return sensor
}

function countArrived(broker: string, device: string): number {
  return brokers[broker]?.store.valuesOf(toEntityId(device), 'sequence').length ?? 0
}

test('each destination of a tenant gets every reading', async () => {
  await start()
  for (const device of [DEVICES.weather, DEVICES.parking]) (await connect('kranj', device)).publish(20)
  for (const destination of ['main', 'other']) {
    await until('all arrive', () => countArrived(destination, DEVICES.weather) === 20)
    await until('parking arrives', () => brokers[destination]?.store.has(PARKING_ID) === true)
    const balance = await agent.settled('kranj')
    expect(balance).toMatchObject({ received: 40, delivered: 40 })
  }
})

test('a destination that takes some types gets those, and what is made of others is skipped there', async () => {
  await start(['ParkingSpot'])
  for (const device of [DEVICES.weather, DEVICES.parking]) (await connect('kranj', device)).publish(20)
  await until('20 of each', async () => {
    const { delivered, skipped } = await agent.getBalance('kranj', 'other')
    return delivered === 20 && skipped === 20
  })
  await until('all arrive at the other', async () => (await agent.getBalance('kranj')).delivered === 40)
  expect(brokers['other']?.store.ids).toEqual([PARKING_ID])
  expect(brokers['main']?.store.ids.toSorted()).toEqual([PARKING_ID, toEntityId(DEVICES.weather)])
})

test('what a profile cannot read is kept for the destinations that would get something of it, and skipped for others', async () => {
  await start(['ParkingSpot'])
  const sensor = await connect('kranj', DEVICES.weather)
  sensor.publishRaw('no JSON')
  await until('it is settled', async () => {
    const [main, other] = await Promise.all(['main', 'other'].map(id => agent.getBalance('kranj', id)))
    return main?.quarantined === 1 && other?.skipped === 1
  })
})

test('a broker that hangs under a flood delays neither the mirror of its tenant nor another tenant', async () => {
  await start()
  brokers['main']?.behave({ kind: 'hang' })
  const noisy = await connect('kranj', DEVICES.weather)
  noisy.keepPublishing(200, FLOOD)
  await until('the flood is under way', () => noisy.acknowledged.length > 2_000)
  const quiet = await connect('bled', DEVICES.bled)
  quiet.publish(10)
  await until(
    'readings of the other tenant arrive during the flood',
    () => countArrived('other', DEVICES.bled) === 10,
  )
  expect(noisy.acknowledged.length).toBeLessThan(FLOOD)
  await until('the mirror has everything', () => countArrived('other', DEVICES.weather) === FLOOD, {
    timeoutMs: 40_000,
  })
  expect(await agent.getBalance('kranj', 'main')).toMatchObject({ delivered: 0, waiting: FLOOD })
})

test('a lane with a long backlog leaves its turn to others while it drains', async () => {
  await start()
  brokers['main']?.behave({ kind: 'hang' })
  await brokers['other']?.goDown()
  const noisy = await connect('kranj', DEVICES.weather)
  noisy.keepPublishing(200, FLOOD)
  await until('all is acknowledged', () => noisy.acknowledged.length === FLOOD)
  const quiet = await connect('bled', DEVICES.bled)
  await brokers['other']?.comeUp()
  await until('the backlog drains', () => countArrived('other', DEVICES.weather) > 0)
  quiet.publish(10)
  await until('readings of the other tenant arrive', () => countArrived('other', DEVICES.bled) === 10)
  expect(countArrived('other', DEVICES.weather)).toBeLessThan(FLOOD)
})
