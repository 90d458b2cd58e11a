import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DeviceWatch } from '../../src/alarms/device-watch.ts'
import { StatusMessages } from '../../src/alarms/status-messages.ts'
import { Journal } from '../../src/journal/journal.ts'
import type { Message } from '../../src/reading.ts'
import { createMessage } from '../support/messages.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const MINUTE = 60_000
const BOUNDS = { silentAfter: 2, neverHeardAfter: 60 * MINUTE, lowBattery: 15 }
const JOURNAL = { maxBytes: 1e9, retentionMs: 1e9, onFull: 'reject', lanes: [] } as const

let book: TestAlarms
let watch: DeviceWatch
let status: StatusMessages
let journal: Journal
let devices: readonly string[]
let tenants: Set<string>
let stored: Message[]
let refusal: Error | undefined

beforeEach(async () => {
  jest.useFakeTimers({
    now: NINE,
    doNotFake: ['setImmediate', 'setTimeout', 'performance', 'queueMicrotask', 'nextTick'],
  })
  devices = ['six-1']
  tenants = new Set(['kranj'])
  stored = []
  refusal = undefined
  book = await TestAlarms.open()
  await open()
})

afterEach(async () => {
  await journal.close()
  jest.useRealTimers()
})

async function open(): Promise<void> {
  journal = await Journal.open(book.engine, { ...JOURNAL, isDiskFull: () => false }, () => {})
  watch = await DeviceWatch.open({
    ...{ engine: book.engine, alarms: book.alarms, bounds: BOUNDS, tenants: ['kranj'] },
    listDevices: () => devices.map(id => ({ tenant: 'kranj', id, profile: 'six' })),
    getRevision: () => 1,
    getInterval: () => 10 * MINUTE,
    findImplied: () => undefined,
  })
  status = new StatusMessages(watch.states, {
    getTenants: () => tenants,
    store: (message, done) => {
      if (refusal === undefined) stored.push(message)
      if (refusal === undefined) journal.append(message, done)
      else done(refusal)
    },
  })
}

/** What was in memory is gone, as after kill -9; a stop saves before. */
async function restart({ isSaved = false } = {}): Promise<void> {
  if (isSaved) await watch.save()
  await journal.close()
  book = await book.reopen()
  await open()
}

/** As a message that comes in: to the journal, and to who listens. */
async function hear(device = 'six-1'): Promise<void> {
  const message = createMessage({ device, receivedAt: Date.now() })
  await new Promise(resolve => journal.append(message, resolve))
  watch.hear(message)
}

function wait(ms: number): void {
  jest.setSystemTime(Date.now() + ms)
}

/** What was told in one look: the state of each device. */
async function tell(): Promise<readonly string[]> {
  await status.tell()
  return stored
    .splice(0)
    .map(({ device, payload }) => `${device} ${(JSON.parse(payload.toString()) as { state: string }).state}`)
}

describe('how a device is', () => {
  test('is told when it is first heard, falls silent and is heard again, each once', async () => {
    expect(await tell()).toEqual([])
    await hear()
    expect(await tell()).toEqual(['six-1 ok'])
    expect(await tell()).toEqual([])
    wait(21 * MINUTE)
    expect(await tell()).toEqual(['six-1 silent'])
    expect(await tell()).toEqual([])
    await hear()
    expect(await tell()).toEqual(['six-1 ok'])
  })

  test('is told of one that was never heard once it should have been', async () => {
    wait(60 * MINUTE)
    expect(await tell()).toEqual([])
    wait(1_000)
    expect(await tell()).toEqual(['six-1 never-heard'])
    expect(await tell()).toEqual([])
  })

  test('is a message of its own, with what is known of it and when that was', async () => {
    await hear()
    watch.hearBattery({ tenant: 'kranj', device: 'six-1', percent: 71, at: NINE - MINUTE })
    wait(5_000)
    await status.tell()
    const [{ payload, ...message } = createMessage()] = stored
    expect(message).toEqual({
      ...{ tenant: 'kranj', device: 'six-1', topic: '$tromost/device-status/six-1' },
      ...{ receivedAt: NINE + 5_000, qos: 1 },
    })
    expect(JSON.parse(payload.toString())).toEqual({
      state: 'ok',
      lastHeardAt: '2026-01-15T09:00:00.000Z',
      battery: { percent: 71, at: '2026-01-15T08:59:00.000Z' },
    })
  })

  test('is told of no tenant that does not want it, and from the moment that it does', async () => {
    tenants.clear()
    await hear()
    expect(await tell()).toEqual([])
    tenants.add('kranj')
    expect(await tell()).toEqual(['six-1 ok'])
  })

  test('is told at the next look where it could not be stored', async () => {
    await hear()
    refusal = new Error('the journal is full')
    expect(await tell()).toEqual([])
    refusal = undefined
    expect(await tell()).toEqual(['six-1 ok'])
  })
})

test('a gateway that is gone has its devices told a thousand at a time, and each of them once', async () => {
  devices = Array.from({ length: 2_500 }, (_, index) => `six-${index}`)
  await watch.provision()
  wait(61 * MINUTE)
  const looks = [await tell(), await tell(), await tell(), await tell()]
  expect(looks.map(({ length }) => length)).toEqual([1_000, 1_000, 500, 0])
  expect(new Set(looks.flat()).size).toBe(2_500)
})

describe('after a restart', () => {
  test.each([true, false])('nothing is told again that was told before (saved: %s)', async isSaved => {
    await hear()
    expect(await tell()).toEqual(['six-1 ok'])
    await restart({ isSaved })
    expect(await tell()).toEqual([])
    wait(21 * MINUTE)
    expect(await tell()).toEqual(['six-1 silent'])
    await restart({ isSaved })
    expect(await tell()).toEqual([])
  })

  test('that follows a crash, what was told since the last save is known from the journal', async () => {
    await hear()
    await tell()
    await watch.save()
    wait(21 * MINUTE)
    expect(await tell()).toEqual(['six-1 silent'])
    await restart()
    await hear()
    expect(await tell()).toEqual(['six-1 ok'])
  })

  test('a message of our own does not count as one of the device', async () => {
    await hear()
    await watch.save()
    wait(21 * MINUTE)
    await tell()
    await restart()
    expect(watch.states.find('kranj', 'six-1')).toMatchObject({ state: 'silent', lastHeardAt: NINE })
  })
})
