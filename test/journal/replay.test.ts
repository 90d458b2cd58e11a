import { beforeEach, expect, test } from '@jest/globals'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import { listQuarantine } from '../../src/journal/quarantine.ts'
import { Replay } from '../../src/journal/replay.ts'
import type { Outcome } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const REFUSED: Outcome = { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' }

let engine: MemoryEngine
let journal: Journal
let lane: Lane
let told: string[]

beforeEach(async () => {
  engine = new MemoryEngine()
  told = []
  const options = { maxBytes: 10_000_000, retentionMs: 0, onFull: 'reject' as const, lanes: [PLACE] }
  journal = await Journal.open(engine, { ...options, isDiskFull: () => false }, () => {})
})

/** A lane that has so many messages of devices a and b by turns, all of them in quarantine. */
async function refuse(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      append(journal, createMessage({ device: index % 2 === 0 ? 'a' : 'b' })),
    ),
  )
  await openLane()
  let taken = 0
  while (taken < count) {
    const part = await lane.take()
    for (const item of part) lane.settle(item, REFUSED)
    taken += part.length
  }
  await lane.close()
  await openLane()
}

async function openLane(): Promise<void> {
  lane = await Lane.open(engine, {
    ...PLACE,
    windowMessages: 1_000,
    quarantineMaxEntries: 10_000,
    quarantineMaxBytes: 1_000_000,
    quarantineRetentionMs: 1_000_000,
    onSaveFailed: () => {},
  })
}

function replay(filter: ConstructorParameters<typeof Replay>[2]['filter'] = {}, dryRun = false): Replay {
  const onOutcome = ({ id }: { readonly id: string }, outcome: Outcome) => told.push(`${id} ${outcome.kind}`)
  return new Replay(engine, lane, { filter, dryRun, onOutcome })
}

async function listKept(): Promise<readonly number[]> {
  return (await listQuarantine(engine, { ...PLACE, limit: 1_000 })).map(({ position }) => position)
}

function settleAll(source: Replay, items: readonly LaneMessage[], outcome: Outcome): void {
  for (const item of items) source.settle(item, outcome)
}

test('a replay gives the messages as they came, and they leave the quarantine when all of the part is settled', async () => {
  await refuse(2)
  const source = replay()
  const [first, second] = await source.take()
  if (first === undefined || second === undefined) throw new Error('expected two messages')
  expect(first).toEqual({
    position: 0,
    message: { ...createMessage({ device: 'a' }), payload: Buffer.from('{"t":21}') },
  })
  source.settle(second, { kind: 'delivered' })
  expect(await listKept()).toEqual([0, 1])
  source.settle(first, { kind: 'skipped' })
  expect(await source.take()).toEqual([])
  expect(await listKept()).toEqual([])
  expect(lane.getBalance()).toMatchObject({ quarantined: 0, delivered: 1, skipped: 1, received: 2 })
  expect(told).toEqual(['kranj/main/1 delivered', 'kranj/main/0 skipped'])
})

test('what is refused again stays, with the new reason', async () => {
  await refuse(1)
  const source = replay()
  settleAll(source, await source.take(), {
    kind: 'quarantined',
    code: 'ENTITY_REFUSED',
    detail: 'the broker said no',
  })
  expect(await source.take()).toEqual([])
  expect(await listQuarantine(engine, { ...PLACE, limit: 9 })).toMatchObject([
    { code: 'ENTITY_REFUSED', detail: 'the broker said no', payload: Buffer.from('{"t":21}') },
  ])
  expect(lane.getBalance()).toMatchObject({ quarantined: 1 })
  expect(Object.keys(lane.quarantine.reasons)).toEqual(['ENTITY_REFUSED'])
})

test('a large quarantine is taken in parts, the next one when the one before is settled', async () => {
  await refuse(250)
  const source = replay()
  const sizes: number[] = []
  for (let part = await source.take(); part.length > 0; part = await source.take()) {
    sizes.push(part.length)
    settleAll(source, part, { kind: 'delivered' })
  }
  expect(sizes).toEqual([100, 100, 50])
  expect(lane.getBalance()).toMatchObject({ delivered: 250, quarantined: 0 })
})

test.each([
  [{ device: 'b' }, [1, 3]],
  [{ reason: 'DECODE_FAILED' }, [0, 1, 2, 3]],
  [{ reason: 'MAP_FAILED' }, []],
  [{ positions: [2, 0, 2, 99] }, [0, 2]],
  [{ positions: [0, 1], device: 'a' }, [0]],
  [{ before: 0 }, []],
])('%j means %j of four', async (filter, expected) => {
  await refuse(4)
  expect((await replay(filter).take()).map(({ position }) => position)).toEqual(expected)
})

test('a dry run hears of every outcome and changes nothing', async () => {
  await refuse(1)
  const source = replay({}, true)
  settleAll(source, await source.take(), { kind: 'delivered' })
  expect(await source.take()).toEqual([])
  expect(told).toEqual(['kranj/main/0 delivered'])
  expect([await listKept(), lane.getBalance().quarantined]).toEqual([[0], 1])
})

test('what was discarded while it was under way is not counted again', async () => {
  await refuse(2)
  const source = replay()
  const part = await source.take()
  await lane.removeQuarantined({ positions: [0] }, 'discarded')
  settleAll(source, part, { kind: 'delivered' })
  expect(await source.take()).toEqual([])
  expect(lane.getBalance()).toMatchObject({ discarded: 1, delivered: 1, quarantined: 0, received: 2 })
})

test('a replay that is closed leaves in quarantine what is not settled, and keeps what is', async () => {
  await refuse(2)
  const source = replay()
  const [first, second] = await source.take()
  if (first === undefined || second === undefined) throw new Error('expected two messages')
  source.settle(first, { kind: 'delivered' })
  await source.close()
  source.settle(second, { kind: 'delivered' })
  expect(await source.take()).toEqual([])
  expect(await listKept()).toEqual([1])
})

test('outcomes that cannot be written end the replay, and the entries stay', async () => {
  await refuse(1)
  const source = replay()
  const part = await source.take()
  engine.fail(new Error('disk full'))
  settleAll(source, part, { kind: 'delivered' })
  await expect(source.take()).rejects.toThrow('disk full')
  engine.fail()
  expect(await listKept()).toEqual([0])
  expect(lane.getBalance()).toMatchObject({ quarantined: 1, delivered: 0 })
})

test('a record that could not be read is not sent, and says so', async () => {
  await refuse(1)
  await lane.moveQuarantined([
    {
      position: 0,
      to: 'quarantined',
      reason: { code: 'CHUNK_CORRUPT', detail: 'expected checksum 1, got 2' },
    },
  ])
  const source = replay()
  expect(await source.take()).toEqual([])
  expect(told).toEqual(['kranj/main/0 quarantined'])
  expect(await listKept()).toEqual([0])
})

test('a lane that is closed writes nothing more, whoever settles something late', async () => {
  await refuse(1)
  await lane.close()
  await expect(lane.removeQuarantined({}, 'discarded')).rejects.toThrow('the lane is closed')
  expect(await listKept()).toEqual([0])
})
