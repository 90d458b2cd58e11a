import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { Aedes, type Client } from 'aedes'
import {
  type SimulatorEvent,
  type SimulatorOptions,
  startSimulator,
  type Totals,
} from '../../src/simulator/simulator.ts'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

interface TestBroker {
  readonly url: string
  readonly topics: string[]
  readonly aedes: Aedes
  /** Called for every PUBLISH before its PUBACK; gives the acknowledgement when it wants. */
  admit: (done: (error?: Error) => void) => void
  drop(clientId: string): void
}

async function startBroker(): Promise<TestBroker> {
  const aedes = await Aedes.createBroker()
  const server = createServer(aedes.handle)
  await listen(server)
  closers.push(
    () => new Promise(resolve => aedes.close(resolve)),
    () => new Promise(resolve => server.close(() => resolve())),
  )
  const address = server.address()
  const url = `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const clients = new Map<string, Client>()
  aedes.on('client', client => clients.set(client.id, client))
  const broker: TestBroker = {
    url,
    topics: [],
    aedes,
    admit: done => done(),
    drop: clientId => clients.get(clientId)?.close(),
  }
  aedes.authorizePublish = (_client, packet, callback) => {
    broker.topics.push(packet.topic)
    broker.admit(callback)
  }
  return broker
}

function listen(server: Server): Promise<void> {
  return new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
}

function wait(delayMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, delayMs))
}

function hasGateway(event: SimulatorEvent, gateway: string): boolean {
  return event.kind !== 'progress' && event.gateway === gateway
}

const NOTHING: Totals = { sent: 0, acknowledged: 0, failed: 0, perSecond: 0 }
const options: Omit<SimulatorOptions, 'url'> = { devices: 44, ratePerSecond: 500, qos: 1 }

test('every PUBACK is counted, and the rate is kept', async () => {
  const broker = await startBroker()
  const simulator = startSimulator({ ...options, url: broker.url, durationMs: 2000 })
  const totals = await simulator.finished
  expect(totals.failed).toBe(0)
  expect(totals.acknowledged).toBe(totals.sent)
  expect(broker.topics).toHaveLength(totals.sent)
  expect(totals.sent).toBeGreaterThan(850)
  expect(totals.sent).toBeLessThanOrEqual(1000)
  expect(totals.perSecond).toBeGreaterThan(450)
  expect(totals.perSecond).toBeLessThan(510)
  expect(new Set(broker.topics).size).toBe(44)
})

test('a thousand sensors over three connections are all heard', async () => {
  const broker = await startBroker()
  const fleet = { ...options, url: broker.url, devices: 1000, ratePerSecond: 2000, connections: 3 }
  const simulator = startSimulator({ ...fleet, qos: 0, durationMs: 1500 })
  await wait(1000)
  expect(broker.aedes.connectedClients).toBe(3)
  const totals = await simulator.finished
  expect(totals.acknowledged).toBe(totals.sent)
  expect(new Set(broker.topics).size).toBe(1000)
})

test('what is not acknowledged holds the sensors back at a thousand, and is counted as failed at the end', async () => {
  const broker = await startBroker()
  broker.admit = () => undefined
  const simulator = startSimulator({ ...options, url: broker.url, ratePerSecond: 5000 })
  await wait(1000)
  expect(simulator.totals).toMatchObject({ sent: 1000, acknowledged: 0, failed: 0, perSecond: 0 })
  expect(await simulator.stop()).toMatchObject({ sent: 1000, acknowledged: 0, failed: 1000 })
})

test('a lost connection comes back by itself, and nothing that was sent is lost', async () => {
  const broker = await startBroker()
  const events: SimulatorEvent[] = []
  const simulator = startSimulator({ ...options, url: broker.url, onEvent: event => events.push(event) })
  await wait(300)
  const held: ((error?: Error) => void)[] = []
  broker.admit = done => held.push(done)
  await wait(100)
  broker.admit = done => done()
  broker.drop(`kranj-gateway-chirpstack-${process.pid}`)
  await wait(1800)
  for (const done of held) done()
  const totals = await simulator.stop()
  const kinds = events.flatMap(event =>
    hasGateway(event, `kranj-gateway-chirpstack-${process.pid}`) ? event.kind : [],
  )
  expect(kinds.filter(kind => kind !== 'error')).toEqual(['connected', 'disconnected', 'connected'])
  expect(totals.failed).toBe(0)
  expect(totals.acknowledged).toBe(totals.sent)
})

test('without a broker nothing is sent, the reason is told, and it stops at once', async () => {
  const events: SimulatorEvent[] = []
  const simulator = startSimulator({
    ...options,
    url: 'mqtt://127.0.0.1:1',
    onEvent: event => events.push(event),
  })
  await wait(300)
  const startedAt = performance.now()
  expect(await simulator.stop()).toEqual(NOTHING)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(events[0]).toMatchObject({ kind: 'error', error: { code: 'ECONNREFUSED' } })
})

test('it tells its progress every second', async () => {
  const broker = await startBroker()
  const events: SimulatorEvent[] = []
  const simulator = startSimulator({ ...options, url: broker.url, onEvent: event => events.push(event) })
  await wait(1200)
  await simulator.stop()
  const progress = events.find(event => event.kind === 'progress')
  expect(progress).toMatchObject({ totals: { sent: expect.any(Number), failed: 0 } })
})
