import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import type { Balance } from '../support/balance.ts'
import { GATEWAY, TENANT, Town, type TownOptions, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const CLOCK = join(import.meta.dirname, '../support/clock.mjs')
const HOUR_MS = 3_600_000
const START = Date.now() - HOUR_MS

/** Of the town that most tests share, one for each. */
const DEVICES = 12

let shared: Town | undefined
let used = 0
let town: Town
let device: string
let client: MqttClient
let received: number
/** What the town had counted before. */
let before: Balance
let lateBefore: number

afterEach(async () => {
  await client.endAsync(true)
  if (town !== shared) await town.close()
})

afterAll(() => shared?.close())

/** A town of its own. */
async function open(options: TownOptions): Promise<void> {
  await enter(await Town.start({ deviceCount: 1, mayPublish: ['#'], ...options }), 'six-1')
}

/** A device of its own in the town that is shared. */
async function openShared(): Promise<void> {
  shared ??= await Town.start({ deviceCount: DEVICES, mayPublish: ['#'] })
  used += 1
  await enter(shared, `six-${used}`)
}

async function enter(entered: Town, own: string): Promise<void> {
  town = entered
  device = own
  received = 0
  before = await town.agent.settled(TENANT)
  lateBefore = Number((await getLane())['attributesLate'])
  await connect()
}

const topic = () => `tromost/${device}/up`
const uplinkTopic = () => `application/1/device/${device}/event/up`
const entity = () => toEntityId(device)

async function connect(): Promise<void> {
  // Always the same packet id, so that a message can be sent again as one that had no PUBACK.
  const messageIdProvider = {
    ...{ allocate: () => 7, getLastAllocated: () => 7, register: () => true },
    ...{ deallocate: () => undefined, clear: () => undefined },
  }
  const options: IClientOptions = { ...GATEWAY, reconnectPeriod: 0, messageIdProvider }
  client = await connectAsync(town.agent.mqttUrl, options)
}

async function publish(to: string, payload: unknown, dup = false): Promise<void> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  await client.publishAsync(to, text, { qos: 1, dup })
  received += 1
}

/** A reading that was observed so many seconds after START. */
function toReading(sequence: number, second: number, more: Readonly<Record<string, unknown>> = {}) {
  return { sequence, TimeInstant: toTime(second), ...more }
}

function toTime(second: number): string {
  return new Date(START + second * 1_000).toISOString()
}

/** What became of this test's messages, once all is settled; the balance is held to its equation at each look. */
async function settle() {
  const isReceived = async () => (await town.agent.getBalance(TENANT)).received === before.received + received
  await until('all is received', isReceived)
  const after = await town.agent.settled(TENANT)
  const names = ['received', 'delivered', 'skipped', 'quarantined', 'duplicates'] as const
  return Object.fromEntries(names.map(name => [name, after[name] - before[name]]))
}

/** Attributes of this test that came late, since the agent started. */
async function countLate(): Promise<number> {
  return Number((await getLane())['attributesLate']) - lateBefore
}

async function killAndRestart(): Promise<void> {
  await client.endAsync(true)
  await town.agent.kill9()
  await town.agent.restart()
  await connect()
}

/** How far off the clock of the agent is from now on. */
function setClock(offset: number): void {
  town.folder.write('clock-offset', `${offset}`)
}

function arrived(attribute = 'sequence') {
  return town.broker.store.valuesOf(entity(), attribute)
}

/** When the current value of an attribute was observed. */
function getTime(attribute: string): number {
  const current = town.broker.store.get(entity())?.[attribute]
  return typeof current === 'object' ? Date.parse(current.observedAt) : Number.NaN
}

async function getLane(): Promise<Readonly<Record<string, unknown>>> {
  const { lanes } = (await town.agent.get('/api/v1/status')).body as { lanes: Record<string, unknown>[] }
  return lanes[0] ?? {}
}

describe('a message that comes again', () => {
  beforeEach(openShared)

  test('is delivered once, however it is recognised, and counted as a duplicate', async () => {
    const { repeats } = town.broker.store
    const uplink = { time: toTime(5), fCnt: 118, data: 'AXVk', sequence: 3 }
    await publish(topic(), toReading(1, 1))
    await publish(topic(), toReading(1, 1))
    await publish(topic(), { sequence: 2 })
    await publish(topic(), { sequence: 2 }, true)
    for (const gatewayId of ['a', 'b', 'c']) {
      await publish(uplinkTopic(), { ...uplink, deduplicationId: gatewayId, rxInfo: [{ gatewayId }] })
    }
    expect(await settle()).toMatchObject({ received: 7, delivered: 3, duplicates: 4 })
    expect(arrived()).toEqual([1, 2, 3])
    expect(town.broker.store.repeats).toBe(repeats)
  })

  test('as the same bytes without a time and without DUP is another reading', async () => {
    for (let count = 0; count < 5; count++) await publish(topic(), { temperature: 21.5 })
    expect(await settle()).toMatchObject({ received: 5, delivered: 5, duplicates: 0 })
  })

  test('as T55 has it is one reading, and a counter that begins anew after a join is news', async () => {
    const uplink = { fCnt: 0, fPort: 2, data: 'AXVk' }
    for (const [sequence, gatewayId] of ['a', 'b', 'c'].entries()) {
      await publish(uplinkTopic(), { ...uplink, time: toTime(1), sequence, rxInfo: [{ gatewayId }] })
    }
    await publish(uplinkTopic(), { ...uplink, time: toTime(600), sequence: 10 })
    await publish(uplinkTopic(), { ...uplink, time: toTime(601), data: 'AXVl', sequence: 11 })
    expect(await settle()).toMatchObject({ received: 5, delivered: 3, duplicates: 2 })
    expect(arrived()).toEqual([0, 10, 11])
  })

  test('is recognised while the first one still waits for its broker', async () => {
    await town.broker.goDown()
    await publish(topic(), toReading(1, 1))
    await publish(topic(), toReading(1, 1))
    await town.broker.comeUp()
    expect(await settle()).toMatchObject({ received: 2, delivered: 1, duplicates: 1 })
  })

  test('is recognised where the first one went to quarantine', async () => {
    town.broker.refuse(entity(), 'not to my taste')
    await publish(topic(), toReading(1, 1))
    await publish(topic(), toReading(1, 1))
    expect(await settle()).toMatchObject({ received: 2, quarantined: 1, duplicates: 1 })
  })

  test('is recognised after kill -9', async () => {
    const uplink = { time: toTime(5), fCnt: 118, data: 'AXVk', sequence: 3 }
    await publish(topic(), toReading(1, 1))
    await publish(uplinkTopic(), { ...uplink, deduplicationId: 'a' })
    await publish(topic(), { sequence: 2 })
    await settle()
    await killAndRestart()
    await publish(topic(), { sequence: 2 }, true)
    await publish(uplinkTopic(), { ...uplink, deduplicationId: 'b' })
    await publish(topic(), toReading(1, 1))
    expect(await settle()).toMatchObject({ delivered: 3, duplicates: 3 })
    expect(arrived()).toEqual([1, 3, 2])
  })
})

describe('a reading that is older than what was sent', () => {
  test('leaves the newer values alone, also after kill -9, and is counted', async () => {
    await openShared()
    await publish(topic(), toReading(1, 10, { temperature: 20 }))
    await publish(topic(), toReading(2, 5, { humidity: 60 }))
    await publish(topic(), toReading(3, 4))
    expect(await settle()).toMatchObject({ received: 3, delivered: 2, skipped: 1 })
    expect(await countLate()).toBe(2)
    await killAndRestart()
    await publish(topic(), toReading(4, 9, { temperature: 10 }))
    await publish(topic(), toReading(5, 11))
    expect(await settle()).toMatchObject({ received: 5, delivered: 3, skipped: 2 })
    expect([arrived(), arrived('temperature'), arrived('relativeHumidity')]).toEqual([[1, 5], [20], [0.6]])
    expect(town.broker.faults).toEqual([])
  })

  test('within one message comes first, whatever its place there', async () => {
    await openShared()
    await publish(topic(), [toReading(3, 30), toReading(1, 10), toReading(2, 20)])
    expect(await settle()).toMatchObject({ delivered: 1, skipped: 0 })
    expect(arrived()).toEqual([1, 2, 3])
  })

  test('goes to the history of the broker where the tenant wants that', async () => {
    await open({ tenant: { late: 'temporal' } })
    await publish(topic(), toReading(1, 10))
    await publish(topic(), toReading(2, 5, { temperature: 20 }))
    expect(await settle()).toMatchObject({ received: 2, delivered: 2, skipped: 0 })
    expect([arrived(), arrived('temperature')]).toEqual([[1], [20]])
    expect(town.broker.history).toEqual([
      {
        id: entity(),
        type: 'WeatherObserved',
        sequence: [{ type: 'Property', value: 2, observedAt: toTime(5) }],
      },
    ])
  })

  test('is left out, which is said once, where the broker has no history', async () => {
    await open({ tenant: { late: 'temporal' } })
    town.broker.history = undefined
    await publish(topic(), toReading(1, 10))
    await publish(topic(), toReading(2, 5))
    await publish(topic(), toReading(3, 6))
    expect(await settle()).toMatchObject({ received: 3, delivered: 1, skipped: 2 })
    const told = town.agent.logs.filter(({ msg }) => String(msg).includes('no history to write to'))
    expect(told).toMatchObject([{ level: 'warn', tenant: TENANT, detail: 'HTTP 404' }])
    expect(await countLate()).toBe(2)
  })
})

describe('a clock that jumps an hour', () => {
  test('forward and back loses no reading, and none waits for it', async () => {
    await open({ nodeArguments: ['--import', CLOCK], files: { 'clock-offset': '0' } })
    for (const [index, offset] of [0, HOUR_MS, 0, -HOUR_MS, 0].entries()) {
      setClock(offset)
      await until('the agent has the other time', async () => {
        await publish(topic(), { temperature: 20 })
        await settle()
        return Math.abs(getTime('temperature') - Date.now() - offset) < HOUR_MS / 2
      })
      await publish(topic(), { sequence: index + 1 })
    }
    expect(await settle()).toMatchObject({ received, delivered: received })
    expect(arrived()).toEqual([1, 2, 3, 4, 5])
    expect(Math.abs(getTime('sequence') - Date.now())).toBeLessThan(HOUR_MS / 2)
  })

  test('while readings wait for the broker makes none of them late', async () => {
    await open({ nodeArguments: ['--import', CLOCK], files: { 'clock-offset': '0' } })
    await town.broker.goDown()
    for (const [index, offset] of [0, -HOUR_MS, 0].entries()) {
      setClock(offset)
      await publish(topic(), { sequence: index + 1 })
    }
    await town.broker.comeUp()
    expect(await settle()).toMatchObject({ received: 3, delivered: 3 })
    expect(arrived()).toEqual([1, 2, 3])
  })
})

describe('a time that cannot be true', () => {
  test('is counted, and shown by status and metrics', async () => {
    await openShared()
    await publish(topic(), { sequence: 1, TimeInstant: '1970-01-01T00:00:00Z' })
    expect(await settle()).toMatchObject({ delivered: 1 })
    expect(await getLane()).toMatchObject({ doubtfulTimes: 1 })
    const { body } = await town.agent.get('/metrics')
    expect(body).toContain('tromost_times_doubted_total{tenant="kranj",destination="main"} 1')
  })

  test('puts its message into quarantine where the tenant wants that', async () => {
    await open({ tenant: { badTime: 'quarantine' } })
    await publish(topic(), { sequence: 1, TimeInstant: '1970-01-01T00:00:00Z' })
    await publish(topic(), { sequence: 2 })
    expect(await settle()).toMatchObject({ delivered: 1, quarantined: 1 })
    const { entries } = (await town.agent.get('/api/v1/quarantine')).body as { entries: unknown[] }
    const detail = 'expected a time from 2000 to a day after receipt, got "1970-01-01T00:00:00Z"'
    expect(entries).toMatchObject([{ code: 'TIME_IMPLAUSIBLE', detail }])
  })
})
