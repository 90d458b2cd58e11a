import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import { listQuarantine } from '../../src/journal/quarantine.ts'
import { rewindLane } from '../../src/journal/rewind.ts'
import type { Outcome } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const NOON = Date.parse('2026-11-22T12:00:00Z')
const REFUSED: Outcome = { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' }

let engine: MemoryEngine
let journal: Journal

beforeEach(async () => {
  jest.useFakeTimers({ now: NOON, doNotFake: ['setImmediate', 'setTimeout', 'clearTimeout', 'performance'] })
  engine = new MemoryEngine()
  const options = { maxBytes: 10_000_000, retentionMs: 0, onFull: 'reject' as const, lanes: [PLACE] }
  journal = await Journal.open(engine, { ...options, isDiskFull: () => false }, () => {})
})

afterEach(() => {
  jest.useRealTimers()
})

/** Each minute a record, of so many messages. */
async function store(...counts: readonly number[]): Promise<void> {
  for (const [minute, count] of counts.entries()) {
    jest.setSystemTime(NOON + minute * 60_000)
    await Promise.all(Array.from({ length: count }, () => append(journal, createMessage())))
  }
}

async function settleAll(count: number, getOutcome: (position: number) => Outcome): Promise<void> {
  const lane = await openLane()
  const taken: LaneMessage[] = []
  while (taken.length < count) {
    const part = await lane.take()
    for (const item of part) lane.settle(item, getOutcome(item.position))
    taken.push(...part)
  }
  await lane.close()
}

function openLane(): Promise<Lane> {
  return Lane.open(engine, {
    ...PLACE,
    windowMessages: 5_000,
    quarantineMaxEntries: 10_000,
    quarantineMaxBytes: 1_000_000,
    quarantineRetentionMs: 1_000_000,
    onSaveFailed: () => {},
  })
}

function rewind(to: number, dryRun = false) {
  return rewindLane(engine, { ...PLACE, to, dryRun })
}

test('a lane goes back to the first record that was stored at the time or later, and its counts to what they were there', async () => {
  await store(2, 1, 2)
  const outcomes: readonly Outcome[] = [
    { kind: 'delivered' },
    REFUSED,
    { kind: 'skipped' },
    REFUSED,
    { kind: 'delivered' },
  ]
  await settleAll(5, position => outcomes[position] ?? REFUSED)
  expect(await rewind(NOON + 1)).toEqual({ position: 2, from: NOON + 60_000, messages: 3, quarantined: 1 })
  const lane = await openLane()
  expect(lane.getBalance()).toMatchObject({
    position: 2,
    delivered: 1,
    quarantined: 1,
    skipped: 0,
    waiting: 3,
  })
  expect(lane.quarantine.reasons).toMatchObject({ DECODE_FAILED: { messages: 1 } })
  expect((await listQuarantine(engine, { ...PLACE, limit: 9 })).map(({ id }) => id)).toEqual(['kranj/main/1'])
  expect((await lane.take()).map(({ position }) => position)).toEqual([2])
})

test('a dry run says the same and changes nothing', async () => {
  await store(1, 1)
  await settleAll(2, () => REFUSED)
  expect(await rewind(NOON, true)).toEqual({ position: 0, from: NOON, messages: 2, quarantined: 2 })
  expect((await openLane()).getBalance()).toMatchObject({ position: 2, quarantined: 2, waiting: 0 })
  expect(await rewind(NOON)).toMatchObject({ messages: 2 })
})

test('a lane goes back as far as the journal reaches, and not behind a time at which nothing was settled', async () => {
  await store(1, 1, 1)
  await settleAll(3, () => ({ kind: 'delivered' }))
  await engine.commit([{ table: 'chunks', key: ['kranj', 0] }])
  expect(await rewind(NOON + 60_001 * 2)).toEqual({ position: 3, messages: 0, quarantined: 0 })
  expect(await rewind(0)).toMatchObject({ position: 1, messages: 2 })
})

test('a lane goes back over more messages than one step and one record of fates hold', async () => {
  const counts = [10_000, 10_000, 5_000]
  await store(...counts)
  await settleAll(25_000, position => (position % 1_000 === 0 ? REFUSED : { kind: 'delivered' }))
  expect(await rewind(NOON + 1)).toMatchObject({ position: 10_000, messages: 15_000, quarantined: 15 })
  expect((await openLane()).getBalance()).toMatchObject({
    delivered: 9_990,
    quarantined: 10,
    waiting: 15_000,
  })
})

test('a record that could not be read waits again as a whole', async () => {
  await store(3, 2)
  engine.corrupt('chunks', ['kranj', 0], value => {
    value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1)
    return value
  })
  await settleAll(2, () => ({ kind: 'delivered' }))
  const rewound = await rewindLane(engine, { ...PLACE, to: NOON, dryRun: false }, 3)
  expect(rewound).toMatchObject({ position: 0, messages: 5, quarantined: 3 })
  expect(await listQuarantine(engine, { ...PLACE, limit: 9 })).toEqual([])
})

test('what was replayed or discarded since is counted as that until the lane is set back, and not afterwards', async () => {
  await store(1, 1, 1)
  await settleAll(3, () => REFUSED)
  const lane = await openLane()
  await lane.removeQuarantined({ positions: [0, 1] }, 'discarded')
  await lane.moveQuarantined([{ position: 2, to: 'delivered' }])
  expect(lane.getBalance()).toMatchObject({ discarded: 2, delivered: 1, quarantined: 0 })
  await lane.close()
  await rewind(NOON + 1)
  expect((await openLane()).getBalance()).toMatchObject({ discarded: 1, delivered: 0, waiting: 2 })
})

test('the fates of messages that have left the journal are removed as the lane goes on', async () => {
  await store(...Array.from({ length: 40 }, () => 1_024))
  await settleAll(20_480, () => ({ kind: 'delivered' }))
  await engine.commit(
    Array.from({ length: 20 }, (_, index) => ({ table: 'chunks' as const, key: ['kranj', index * 1_024] })),
  )
  await settleAll(20_480, () => ({ kind: 'delivered' }))
  const [oldest] = await engine.range('stretches', { within: ['kranj'], from: ['kranj'], limit: 1 })
  expect(Number(oldest?.key[2])).toBeGreaterThanOrEqual(16 * 1_024)
  expect(await rewind(0)).toMatchObject({ position: 20_480, messages: 20_480 })
})

test('a lane of which the fates are not known goes back to the first that is', async () => {
  await store(1, 1)
  await settleAll(2, () => ({ kind: 'delivered' }))
  await engine.commit([{ table: 'stretches', key: ['kranj', 'main', 0] }])
  expect(await rewind(NOON)).toMatchObject({ position: 2, messages: 0 })
})
