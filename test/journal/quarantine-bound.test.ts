/** The quarantine of a lane within its bound in bytes, whatever comes, leaves, stays for another reason or was written by an older version. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import { loadLane } from '../../src/journal/lane-state.ts'
import { listQuarantine } from '../../src/journal/quarantine.ts'
import { rewindLane } from '../../src/journal/rewind.ts'
import { countFates } from '../../src/journal/stretches.ts'
import type { Outcome } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const KIB = 1_024
const NO: Outcome = { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' }

let engine: MemoryEngine
let journal: Journal
let lane: Lane

async function open(quarantineMaxBytes: number): Promise<void> {
  lane = await Lane.open(engine, {
    ...PLACE,
    windowMessages: 100,
    quarantineMaxEntries: 100,
    quarantineMaxBytes,
    quarantineRetentionMs: 60_000,
    onSaveFailed: () => undefined,
  })
  const bounds = { maxBytes: 10_000_000, retentionMs: 60_000, onFull: 'reject' as const, lanes: [PLACE] }
  journal = await Journal.open(engine, { ...bounds, isDiskFull: () => false }, (_tenant, next) =>
    lane.announce(next),
  )
}

beforeEach(async () => {
  engine = new MemoryEngine()
  await open(10 * KIB)
})

afterEach(() => lane.close())

async function take(count: number): Promise<readonly LaneMessage[]> {
  const taken: LaneMessage[] = []
  while (taken.length < count) taken.push(...(await lane.take()))
  return taken
}

async function refuse(...sizes: readonly number[]): Promise<void> {
  for (const size of sizes) await append(journal, createMessage({ payload: Buffer.alloc(size) }))
  for (const item of await take(sizes.length)) lane.settle(item, NO)
  await lane.moveQuarantined([])
}

async function look() {
  const { state, quarantine } = await loadLane(engine, 'kranj', 'main')
  const entries = await listQuarantine(engine, { ...PLACE, limit: 1_000 })
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  expect(quarantine.bytes).toBe(bytes)
  return { positions: entries.map(({ position }) => position), state, bytes }
}

test('the oldest entries leave in the very commit that would go past the bound, counted as expired', async () => {
  await refuse(4 * KIB, 4 * KIB)
  expect((await look()).positions).toEqual([0, 1])
  const commits = engine.commits
  await refuse(4 * KIB)
  // One for the message itself, one for the lane.
  expect(engine.commits - commits).toBe(2)
  const { positions, state } = await look()
  expect(positions).toEqual([1, 2])
  expect(state).toMatchObject({ position: 3, quarantined: 2, expired: 1 })
  expect(lane.getBalance()).toMatchObject({ quarantined: 2, expired: 1, received: 3, waiting: 0 })
  const fates = await countFates(engine, PLACE, { from: 0, to: 1 })
  expect([...fates]).toEqual([['expired', 1]])
})

test('of a flood that is larger than the bound the newest are written and the others never', async () => {
  const written: unknown[] = []
  const commit = engine.commit.bind(engine)
  engine.commit = changes => {
    for (const { table, key, value } of changes) if (table === 'quarantine' && value) written.push(key[2])
    return commit(changes)
  }
  await refuse(...new Array(8).fill(4 * KIB))
  const { positions, state } = await look()
  expect(written).toEqual([6, 7])
  expect(positions).toEqual([6, 7])
  expect(state).toMatchObject({ quarantined: 2, expired: 6 })
  expect(lane.quarantine.reasons).toMatchObject({ DECODE_FAILED: { messages: 2 } })
})

test('one message that alone is larger than the bound is counted as expired, and takes nothing else with it but what is older', async () => {
  await refuse(11 * KIB)
  expect(await look()).toMatchObject({ positions: [], bytes: 0, state: { quarantined: 0, expired: 1 } })
  await refuse(1 * KIB)
  expect((await look()).positions).toEqual([1])
  expect(lane.quarantine.reasons).toMatchObject({ DECODE_FAILED: { messages: 1 } })
})

test('bytes go down with what leaves, and what stays is weighed with its new reason', async () => {
  await refuse(1 * KIB, 2 * KIB, 3 * KIB)
  const { bytes } = await look()
  await lane.moveQuarantined([{ position: 1, to: 'delivered' }])
  const left = await look()
  expect(bytes - left.bytes).toBeGreaterThan(2 * KIB)
  const reason = { code: 'DECODE_FAILED', detail: 'not at all' }
  await lane.moveQuarantined([{ position: 0, to: 'quarantined', reason }])
  expect((await look()).bytes - left.bytes).toBe('not at all'.length - 'no'.length)
  await lane.removeQuarantined({}, 'discarded')
  expect(await look()).toMatchObject({ bytes: 0, state: { discarded: 2, delivered: 1 } })
})

test('an entry that no longer fits with its new reason leaves', async () => {
  await refuse(3 * KIB, 3 * KIB, 3 * KIB)
  const reason = { code: 'ENTITY_REFUSED', detail: 'x'.repeat(2_000) }
  await lane.moveQuarantined([{ position: 1, to: 'quarantined', reason }])
  expect((await look()).positions).toEqual([1, 2])
  await lane.moveQuarantined([{ position: 2, to: 'quarantined', reason }])
  expect(await look()).toMatchObject({ positions: [2], state: { quarantined: 1, expired: 2 } })
})

test('a lane that goes back gives up the bytes of what leaves for it', async () => {
  await refuse(1 * KIB, 2 * KIB)
  await lane.close()
  await rewindLane(engine, { ...PLACE, to: 0, dryRun: false })
  expect(await look()).toMatchObject({ positions: [], bytes: 0, state: { position: 0, quarantined: 0 } })
  await open(10 * KIB)
})

test('a lane that an older version wrote counts its bytes once when it is opened, and keeps to the bound from then on', async () => {
  await refuse(3 * KIB, 3 * KIB, 3 * KIB)
  await lane.close()
  const { bytes } = await look()
  const value = await engine.get('lanes', ['kranj', 'main'])
  const { quarantinedBytes: _unknown, ...old } = JSON.parse(String(value))
  await engine.commit([{ table: 'lanes', key: ['kranj', 'main'], value: Buffer.from(JSON.stringify(old)) }])
  await open(10 * KIB)
  expect(lane.quarantine).toMatchObject({ bytes, maxBytes: 10 * KIB })
  await refuse(3 * KIB)
  expect((await look()).positions).toEqual([1, 2, 3])
})

test('a bound that was made smaller is kept at the next look at the retention', async () => {
  await refuse(3 * KIB, 3 * KIB, 3 * KIB)
  await lane.close()
  await open(4 * KIB)
  await lane.expireQuarantine()
  expect(await look()).toMatchObject({ positions: [2], state: { quarantined: 1, expired: 2 } })
})
