import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ForeignBroker } from '../support/foreign-broker.ts'
import { toPayload } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const LOGIN = { username: 'tromost', password: 'over-three-bridges' }
const TOPICS = ['tromost/+/up']

let foreign: ForeignBroker
let town: Town | undefined

beforeEach(async () => {
  foreign = await ForeignBroker.start(LOGIN)
})

afterEach(async () => {
  await town?.close()
  await foreign.close()
})

function startTown(config: Readonly<Record<string, unknown>> = {}): Promise<Town> {
  const bridges = [{ id: 'lora', tenant: TENANT, url: foreign.url, ...LOGIN, topics: TOPICS }]
  return Town.start({ deviceCount: 2, config: { bridges, ...config } })
}

async function publish(first: number, last: number): Promise<void> {
  for (let sequence = first; sequence <= last; sequence += 1) {
    await foreign.publish('tromost/six-1/up', toPayload(sequence))
  }
}

test('readings of a foreign broker reach the context broker, once and in order, and its state is told', async () => {
  town = await startTown()
  await until('the bridge is connected', () => foreign.connectedCount === 1)
  await until('it has subscribed', async () => (await getBridge())?.['isConnected'] === true)
  await publish(1, 100)
  await until('all have arrived', () => town?.arrivedOf('six-1').length === 100)
  expect(town.arrivedOf('six-1')).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
  await until('all are acknowledged', () => foreign.acknowledged.length === 100)
  expect(await getBridge()).toEqual({
    id: 'lora',
    tenant: TENANT,
    url: foreign.url,
    isConnected: true,
    acknowledged: 100,
  })
  expect(JSON.stringify(town.agent.logs)).not.toContain(LOGIN.password)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 100, delivered: 100 })
})

test('an agent whose foreign broker is away starts, takes other messages in, and connects when it is there', async () => {
  await foreign.goDown()
  town = await startTown()
  expect(await getBridge()).toMatchObject({ isConnected: false })
  const [sensor] = await town.connectSensors()
  sensor?.publish(1)
  await until('it is acknowledged', () => sensor?.acknowledged.length === 1)
  await foreign.comeBack()
  await until('the bridge is connected', async () => (await getBridge())?.['isConnected'] === true)
  await publish(2, 2)
  await until('both have arrived', () => town?.arrivedOf('six-1').length === 2)
})

test('while the journal refuses, nothing is acknowledged there; afterwards all of it arrives', async () => {
  town = await startTown({ journal: { diskReserve: '4000TiB' } })
  await until('the bridge is connected', () => foreign.connectedCount === 1)
  await until(
    'it has subscribed',
    () => town?.agent.logs.some(({ msg }) => msg === 'the bridge is connected') === true,
  )
  await publish(1, 20)
  await until(
    'it is in trouble',
    () => town?.agent.logs.some(({ trouble }) => String(trouble).startsWith('DISK_FULL')) === true,
  )
  expect(await town.agent.stop()).toMatchObject({ code: 0 })
  expect(foreign.acknowledged).toEqual([])
  await town.agent.restart({ journal: { diskReserve: '64MiB' } })
  await until('all have arrived', () => town?.arrivedOf('six-1').length === 20)
  expect(town.arrivedOf('six-1')).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

async function getBridge(): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await town?.agent.get('/api/v1/status')
  if (answer === undefined) return undefined
  const { bridges } = answer.body as { bridges: readonly Readonly<Record<string, unknown>>[] }
  return bridges[0]
}
