import { resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { ForeignBroker } from '../support/foreign-broker.ts'
import { bdSeq, encodeSparkplug, type Metric, readCommands } from '../support/sparkplug.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { TENANT, toDestination } from '../support/town.ts'
import { until } from '../support/until.ts'

const LOGIN = { username: 'edge', password: 'seven-bridges-over-kokra' }
const TOPIC = 'spBv1.0/kranj/KIND/gw-1'
const COMMANDS = 'spBv1.0/kranj/NCMD/gw-1'
const PARK = 'urn:ngsi-ld:WeatherObserved:park-1'
const PARK_DEVICE = 'urn:ngsi-ld:Device:park-1'
const EDGE_NODE = 'urn:ngsi-ld:Device:gw-1'
const TEMPERATURE: Metric = { name: 'Environment/temperature', alias: 10, type: 'float', value: 21.5 }
const BATTERY: Metric = { name: 'battery', alias: 11, type: 'int16', value: 90 }

let folder: AgentFolder
let broker: StubBroker
let agent: AgentProcess
let client: MqttClient | undefined
/** Names of true metrics in the commands that the edge node was sent. */
let commands: string[]

beforeEach(async () => {
  commands = []
  folder = new AgentFolder()
  broker = await StubBroker.start()
  folder.write('provision.yaml', {
    tenants: [{ id: TENANT, destinations: ['main'] }],
    credentials: [
      {
        tenant: TENANT,
        ...LOGIN,
        publish: ['spBv1.0/kranj/+/gw-1/#', 'spBv1.0/STATE/scada'],
        subscribe: [COMMANDS],
      },
    ],
    devices: [
      { tenant: TENANT, id: 'gw-1', profile: 'generic-sparkplug-edge-node' },
      { tenant: TENANT, id: 'park-1', profile: 'generic-sparkplug-environment', location: [14.36, 46.24] },
    ],
  })
  agent = await AgentProcess.start(folder, {
    profiles: ['profiles', resolve('devices/generic')],
    destinations: [toDestination(broker.url)],
  })
})

afterEach(async () => {
  await client?.endAsync(true)
  await agent.kill9()
  await broker.goDown()
  folder.remove()
})

/** As an edge node does: its death is its will, and it listens for commands before it says anything. */
async function connectEdgeNode(session: number, url = agent.mqttUrl): Promise<MqttClient> {
  const payload = encodeSparkplug({ timestamp: Date.now(), metrics: [bdSeq(session)] })
  const will = { topic: TOPIC.replace('KIND', 'NDEATH'), payload, qos: 1 as const, retain: false }
  client = await connectAsync(url, { ...LOGIN, will, reconnectPeriod: 0 }, false)
  client.on('error', () => undefined)
  client.on('message', (_topic, command) => commands.push(...readCommands(command)))
  await client.subscribeAsync(COMMANDS, { qos: 1 })
  return client
}

async function send(kind: string, seq: number, metrics: readonly Metric[]): Promise<void> {
  const topic = TOPIC.replace('KIND', kind) + (kind.startsWith('D') ? '/park-1' : '')
  await client?.publishAsync(topic, encodeSparkplug({ timestamp: Date.now(), seq, metrics }), { qos: 1 })
}

async function sendBirths(session: number): Promise<void> {
  await send('NBIRTH', 0, [bdSeq(session), { name: 'Properties/OS Version', type: 'text', value: '12.5' }])
  await send('DBIRTH', 1, [TEMPERATURE, BATTERY])
}

function valuesOf(id: string, attribute: string): readonly unknown[] {
  return broker.store.valuesOf(id, attribute)
}

test('data by alias is understood after kill -9 between the birth and the data, and the death of the edge node is that of its sensors', async () => {
  await connectEdgeNode(0)
  await sendBirths(0)
  await until('the birth has arrived', () => valuesOf(PARK, 'temperature').length === 1)
  expect(valuesOf(PARK_DEVICE, 'deviceState')).toEqual(['online'])
  expect(valuesOf(EDGE_NODE, 'deviceState')).toEqual(['online'])
  await agent.settled(TENANT)
  await agent.kill9()
  await agent.restart()
  await connectEdgeNode(0)
  await send('DDATA', 2, [{ alias: 10, value: -3.5, as: 'float' }])
  await send('DDATA', 3, [{ alias: 11, value: 89 }])
  await until('the data has arrived', () => valuesOf(PARK_DEVICE, 'batteryLevel').includes(0.89))
  expect(valuesOf(PARK, 'temperature')).toEqual([21.5, -3.5])
  expect(commands).toEqual([])
  // Broken off without a word: the broker sends the will.
  client?.stream.destroy()
  await until('the edge node is gone', () => valuesOf(EDGE_NODE, 'deviceState').includes('offline'))
  await until('its sensor is gone', () => valuesOf(PARK_DEVICE, 'deviceState').includes('offline'))
  expect(await agent.settled(TENANT)).toMatchObject({ received: 5, delivered: 5 })
  expect(broker.faults).toEqual([])
})

test('data before its birth is kept with the reason, and the edge node is asked to announce itself again', async () => {
  await connectEdgeNode(3)
  await send('DDATA', 17, [{ alias: 10, value: 5, as: 'float' }])
  await until('the edge node is asked', () => commands.length > 0)
  await sendBirths(3)
  await send('DDATA', 2, [{ alias: 10, value: 6, as: 'float' }])
  await until('the data has arrived', () => valuesOf(PARK, 'temperature').includes(6))
  expect(valuesOf(PARK, 'temperature')).toEqual([21.5, 6])
  expect(await agent.settled(TENANT)).toMatchObject({ received: 4, delivered: 3, quarantined: 1 })
  const { body } = await agent.get('/api/v1/quarantine')
  expect(JSON.stringify(body)).toContain('expected a birth before that announces alias 10')
  expect(commands).toEqual(['Node Control/Rebirth'])
  const getTraces = async () => (await agent.get('/api/v1/messages?device=park-1')).body
  // A trace reads births from disk, where they are a moment after their message is settled.
  await until('the birth is on disk', async () => /"value":6\b/.test(JSON.stringify(await getTraces())))
  expect(await getTraces()).toMatchObject({
    messages: [
      { entities: [{ id: PARK, temperature: { value: 6 } }] },
      { entities: [{ id: PARK, temperature: { value: 21.5 } }, { id: PARK_DEVICE }] },
      { fault: { detail: expect.stringContaining('expected a birth before that announces alias 10') } },
    ],
  })
})

test('an edge node of a foreign broker is asked to announce itself over the bridge', async () => {
  const foreign = await ForeignBroker.start()
  try {
    await agent.kill9()
    const plant = { id: 'plant', tenant: TENANT, url: foreign.url }
    const bridges = [
      { ...plant, topics: ['spBv1.0/kranj/#'] },
      { ...plant, id: 'others', topics: ['spBv1.0/bled/#'] },
    ]
    await agent.restart({ bridges })
    const countConnected = () => agent.logs.filter(({ msg }) => msg === 'the bridge is connected').length
    await until('both bridges are connected', () => countConnected() === 2)
    await connectEdgeNode(3, foreign.url)
    await send('DDATA', 17, [{ alias: 10, value: 5, as: 'float' }])
    await until('the edge node is asked', () => commands.length > 0)
    await sendBirths(3)
    await until('the data has arrived', () => valuesOf(PARK, 'temperature').includes(21.5))
    expect(commands).toEqual(['Node Control/Rebirth'])
  } finally {
    await client?.endAsync(true)
    await foreign.close()
  }
})

test('a gap in the numbers costs no reading and is a reason to ask for a rebirth', async () => {
  await connectEdgeNode(0)
  await sendBirths(0)
  await send('DDATA', 5, [{ alias: 10, value: 7, as: 'float' }])
  await until('the edge node is asked', () => commands.length > 0)
  await until('the data has arrived', () => valuesOf(PARK, 'temperature').includes(7))
  expect(await agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3 })
})

test('commands and the state of a host are answered and are no readings', async () => {
  await connectEdgeNode(0)
  await client?.publishAsync('spBv1.0/STATE/scada', '{"online":true}', { qos: 1 })
  await send('NCMD', 0, [{ name: 'Node Control/Reboot', type: 'boolean', value: true }])
  await until('the command is heard', () => commands.length === 1)
  await sendBirths(0)
  expect(await agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 2, quarantined: 0 })
})
