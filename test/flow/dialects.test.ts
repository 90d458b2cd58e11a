import { afterEach, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { FixtureBroker, toJson, type Wording } from '../support/brokers/fixture-broker.ts'
import { ngsiV2 } from '../support/brokers/ngsi-v2.ts'
import { orionLd } from '../support/brokers/orion-ld.ts'
import { Sensor } from '../support/sensor.ts'
import { GATEWAY, TENANT, toDestination, toEntityId, toProvision } from '../support/town.ts'
import { until } from '../support/until.ts'

const opened: (() => unknown)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** An agent with one device, whose readings go to a broker of this wording. */
async function start(wording: Wording, settings: object, tenant: object = {}) {
  const broker = await FixtureBroker.start(wording)
  opened.push(() => broker.close())
  const folder = new AgentFolder()
  opened.push(() => folder.remove())
  const { tenants, ...provision } = toProvision(['six-1'])
  folder.write('provision.yaml', { ...provision, tenants: tenants.map(one => ({ ...one, ...tenant })) })
  const agent = await AgentProcess.start(folder, {
    destinations: [toDestination(broker.url, { context: undefined, ...settings })],
  })
  opened.push(() => agent.kill9())
  const sensor = await Sensor.connect({ ...GATEWAY, url: agent.mqttUrl }, 'six-1')
  opened.push(() => sensor.close())
  return { agent, broker, sensor }
}

async function publishOne(sensor: Sensor): Promise<void> {
  sensor.publish(1)
  await until('it is acknowledged', () => sensor.acknowledged.length === 1)
}

async function getBroker(agent: AgentProcess): Promise<unknown> {
  const { body } = await agent.get('/api/v1/lanes')
  const { lanes } = body as { readonly lanes: readonly { readonly broker?: unknown }[] }
  return lanes[0]?.broker
}

test('the lane tells which broker it has, and the log what does not fit', async () => {
  const version = toJson(200, { 'orionld version': '1.10.0' })
  const { agent } = await start(
    (request, broker) => (request.path === '/version' ? version : orionLd(request, broker)),
    { dialect: 'stellio' },
  )
  await until('the broker is known', async () => (await getBroker(agent)) !== undefined)
  const misfit = 'expected dialect: orion-ld for Orion-LD, got stellio'
  expect(await getBroker(agent)).toEqual({
    ...{ name: 'Orion-LD', version: '1.10.0', batches: true },
    ...{ maxEntities: 1_000, maxBytes: 1_048_576, misfits: [misfit] },
  })
  expect(agent.logs).toContainEqual(expect.objectContaining({ level: 'warn', misfit }))
})

test('a broker that never tells what it is gets its readings all the same', async () => {
  const { agent, broker, sensor } = await start(
    (request, store) => (request.method === 'GET' ? undefined : orionLd(request, store)),
    { dialect: 'orion-ld' },
  )
  await publishOne(sensor)
  expect(await agent.settled(TENANT)).toMatchObject({ received: 1, delivered: 1 })
  expect(broker.has(toEntityId('six-1'))).toBe(true)
  expect(await getBroker(agent)).toBeUndefined()
})

test('readings arrive at Orion in the form, the service and the path that it wants', async () => {
  const { agent, broker, sensor } = await start(
    ngsiV2,
    { dialect: 'ngsi-v2' },
    { brokerTenant: 'Kranj_1', brokerPath: '/parks/north' },
  )
  await publishOne(sensor)
  expect(await agent.settled(TENANT)).toMatchObject({ received: 1, delivered: 1 })
  expect(broker.entities.get(toEntityId('six-1'))).toMatchObject({
    type: 'WeatherObserved',
    sequence: { type: 'Number', value: 1, metadata: { TimeInstant: { type: 'DateTime' } } },
  })
  const [update] = broker.requests.filter(({ method }) => method === 'POST')
  expect(update?.headers).toMatchObject({
    'fiware-service': 'kranj_1',
    'fiware-servicepath': '/parks/north',
  })
})
