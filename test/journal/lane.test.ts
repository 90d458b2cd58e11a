import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage, type LaneOptions } from '../../src/journal/lane.ts'
import { listQuarantine } from '../../src/journal/quarantine.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'
import { until } from '../support/until.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const LANES = [PLACE]

let engine: MemoryEngine
let journal: Journal
let lanes: Lane[]
let saveFailures: unknown[]

beforeEach(async () => {
  engine = new MemoryEngine()
  lanes = []
  saveFailures = []
  journal = await openJournal()
})

afterEach(async () => {
  engine.release()
  engine.fail()
  for (const lane of lanes) await lane.close()
})

function openJournal(): Promise<Journal> {
  const options = {
    maxBytes: 1_000_000,
    retentionMs: 0,
    onFull: 'reject' as const,
    lanes: LANES,
    isDiskFull: () => false,
  }
  return Journal.open(engine, options, (tenant, next) => {
    for (const lane of lanes) if (lane.tenant === tenant) lane.announce(next)
  })
}

async function openLane(change: Partial<LaneOptions> = {}): Promise<Lane> {
  const lane = await Lane.open(engine, {
    ...PLACE,
    windowMessages: 100,
    quarantineMaxEntries: 100,
    quarantineMaxBytes: 1_000_000,
    quarantineRetentionMs: 60_000,
    onSaveFailed: error => saveFailures.push(error),
    ...change,
  })
  lanes.push(lane)
  return lane
}

/** One message per chunk, so that tests see every border between them. */
async function store(...texts: readonly string[]): Promise<void> {
  for (const text of texts) await append(journal, createMessage({ payload: Buffer.from(text) }))
}

async function take(lane: Lane, count: number): Promise<readonly LaneMessage[]> {
  const taken: LaneMessage[] = []
  while (taken.length < count) taken.push(...(await lane.take()))
  return taken
}

function toTexts(taken: readonly LaneMessage[]): readonly string[] {
  return taken.map(({ message }) => message.payload.toString())
}

function listKept() {
  return listQuarantine(engine, { ...PLACE, limit: 100 })
}

test('a lane gives the messages of its tenant in the order in which they came', async () => {
  await append(journal, createMessage({ tenant: 'koper', payload: Buffer.from('not mine') }))
  await store('1', '2', '3')
  expect(toTexts(await take(await openLane(), 3))).toEqual(['1', '2', '3'])
})

test('a lane waits for messages that are still to come', async () => {
  const lane = await openLane()
  const taken = take(lane, 1)
  await store('late')
  expect(toTexts(await taken)).toEqual(['late'])
})

test('a lane that is opened again goes on behind the last message that is settled without a gap', async () => {
  await store('1', '2', '3', '4')
  const before = await openLane()
  const [first, second, , fourth] = await take(before, 4)
  for (const item of [first, second, fourth]) if (item) before.settle(item, { kind: 'delivered' })
  await before.close()
  const after = await openLane()
  expect(toTexts(await take(after, 2))).toEqual(['3', '4'])
  expect(after.getBalance()).toMatchObject({ position: 2, delivered: 2, waiting: 2, received: 4 })
})

test('a crash before the cursor is saved repeats messages and loses none', async () => {
  await store('1', '2')
  const before = await openLane()
  const crashed = engine
  crashed.hold()
  for (const item of await take(before, 2)) before.settle(item, { kind: 'delivered' })
  engine = crashed.reopen()
  expect(toTexts(await take(await openLane(), 2))).toEqual(['1', '2'])
  crashed.release()
})

test('a lane that stands in the middle of a chunk goes on there', async () => {
  const answers = ['1', '2', '3'].map(text => append(journal, createMessage({ payload: Buffer.from(text) })))
  await Promise.all(answers)
  const before = await openLane()
  const [first] = await take(before, 3)
  if (first) before.settle(first, { kind: 'delivered' })
  await before.close()
  expect(toTexts(await take(await openLane(), 2))).toEqual(['2', '3'])
})

test('a lane takes no more than its window until something is settled', async () => {
  await store('1', '2', '3')
  const lane = await openLane({ windowMessages: 2 })
  const taken = await take(lane, 2)
  let third: readonly LaneMessage[] | undefined
  const next = lane.take().then(items => {
    third = items
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(third).toBeUndefined()
  for (const item of taken) lane.settle(item, { kind: 'delivered' })
  await next
  expect(toTexts(third ?? [])).toEqual(['3'])
})

test('a lane whose state cannot be saved stops taking, and goes on when it can', async () => {
  await store(...Array.from({ length: 30 }, (_, index) => String(index)))
  const lane = await openLane({ windowMessages: 2 })
  engine.hold()
  let taken = 0
  const drain = async () => {
    while (taken < 30) {
      const items = await lane.take()
      if (items.length === 0) return
      for (const item of items) {
        taken += 1
        lane.settle(item, { kind: 'delivered' })
      }
    }
  }
  const drained = drain()
  await until('it stops', () => taken === 21)
  await new Promise(resolve => setImmediate(resolve))
  expect(taken).toBe(21)
  engine.release()
  await drained
  expect(lane.getBalance()).toMatchObject({ delivered: 30, waiting: 0 })
})

test('every kind of outcome is counted once the cursor passes it, and the terms add up to what was received', async () => {
  await store('1', '2', '3', '4')
  const lane = await openLane()
  const [first, second, third] = await take(lane, 4)
  if (!first || !second || !third) throw new Error('expected four messages')
  lane.settle(third, { kind: 'skipped' })
  expect(lane.getBalance()).toMatchObject({ skipped: 0, waiting: 4 })
  lane.settle(first, { kind: 'delivered' })
  lane.settle(second, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' })
  const { position: _position, received, ...terms } = lane.getBalance()
  expect(terms).toEqual({
    delivered: 1,
    quarantined: 1,
    skipped: 1,
    discarded: 0,
    expired: 0,
    duplicates: 0,
    waiting: 1,
  })
  expect(Object.values(terms).reduce((sum, term) => sum + term)).toBe(received)
})

test('what goes to quarantine is kept whole, with the reason', async () => {
  await append(
    journal,
    createMessage({ device: 'd', topic: 't', payload: Buffer.from([0, 255]), receivedAt: 7 }),
  )
  const lane = await openLane()
  const [item] = await take(lane, 1)
  if (item) lane.settle(item, { kind: 'quarantined', code: 'ENTITY_REFUSED', detail: 'the broker said no' })
  await lane.close()
  expect(await listKept()).toMatchObject([
    {
      id: 'kranj/main/0',
      code: 'ENTITY_REFUSED',
      detail: 'the broker said no',
      device: 'd',
      topic: 't',
      receivedAt: 7,
      payload: Buffer.from([0, 255]),
    },
  ])
})

test('what the balance counts in quarantine is there as soon as the lane is saved, and later where the disk is full', async () => {
  await store('1', '2')
  const lane = await openLane()
  const [first, second] = await take(lane, 2)
  engine.fail(new Error('no space'))
  if (first) lane.settle(first, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'not JSON' })
  await lane.save()
  expect(saveFailures).toHaveLength(1)
  engine.fail()
  if (second) lane.settle(second, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'not JSON' })
  await lane.save()
  expect(lane.getBalance()).toMatchObject({ quarantined: 2, waiting: 0 })
  expect(await listKept()).toHaveLength(2)
})

test('a message behind one that is not settled is not in quarantine yet, since a restart takes it up again', async () => {
  await store('open', 'refused')
  const lane = await openLane()
  const [, second] = await take(lane, 2)
  if (second) lane.settle(second, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' })
  await lane.close()
  expect(await listKept()).toEqual([])
})

test('a state that cannot be saved is kept and saved later, with what belongs in quarantine', async () => {
  await store('1')
  const lane = await openLane()
  const [item] = await take(lane, 1)
  engine.fail(new Error('disk full'))
  if (item) lane.settle(item, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' })
  while (saveFailures.length < 2) await new Promise(resolve => setImmediate(resolve))
  expect(await listKept()).toEqual([])
  engine.fail()
  await lane.close()
  expect(await listKept()).toHaveLength(1)
  expect((await openLane()).getBalance()).toMatchObject({ quarantined: 1, waiting: 0 })
})

test('a record that a bad disk changed is kept whole in quarantine and the records after it are delivered', async () => {
  await Promise.all(['1', '2'].map(text => append(journal, createMessage({ payload: Buffer.from(text) }))))
  await store('3')
  engine.corrupt('chunks', ['kranj', 0], value => {
    value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1)
    return value
  })
  const lane = await openLane()
  const [third] = await take(lane, 1)
  if (third) lane.settle(third, { kind: 'delivered' })
  await lane.close()
  expect(third?.message.payload.toString()).toBe('3')
  expect(lane.getBalance()).toMatchObject({ quarantined: 2, delivered: 1, waiting: 0, received: 3 })
  expect(await listKept()).toMatchObject([{ id: 'kranj/main/0', code: 'CHUNK_CORRUPT', messages: 2 }])
})

test('messages that were dropped for want of room before they were read are counted as expired', async () => {
  await store('1', '2', '3')
  await engine.commit([0, 1].map(position => ({ table: 'chunks', key: ['kranj', position] })))
  const lane = await openLane()
  expect(toTexts(await take(lane, 1))).toEqual(['3'])
  expect(lane.getBalance()).toMatchObject({ expired: 2, waiting: 1, received: 3 })
})

test('a journal that lacks its newest record is an error and not a message less', async () => {
  await store('1')
  await engine.commit([{ table: 'chunks', key: ['kranj', 0] }])
  const lane = await openLane()
  await expect(lane.take()).rejects.toThrow(
    'CHUNK_MISSING: tenant kranj: expected a record that holds message 0, got none up to 1',
  )
  expect(lane.getBalance()).toMatchObject({ expired: 0, waiting: 1 })
})

test('the oldest entries leave a quarantine that is past its bound, counted as expired', async () => {
  await store('1', '2', '3')
  const lane = await openLane({ quarantineMaxEntries: 1 })
  for (const item of await take(lane, 3)) {
    lane.settle(item, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' })
  }
  await lane.expireQuarantine()
  expect((await listKept()).map(({ id }) => id)).toEqual(['kranj/main/2'])
  expect(lane.getBalance()).toMatchObject({ quarantined: 1, expired: 2, waiting: 0, received: 3 })
})

test('entries leave the quarantine after their retention and not before', async () => {
  await store('1')
  const lane = await openLane({ quarantineRetentionMs: 1_000 })
  for (const item of await take(lane, 1)) {
    lane.settle(item, { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' })
  }
  await until('it is saved', () => lane.position === 1)
  await lane.expireQuarantine(Date.now())
  expect(await listKept()).toHaveLength(1)
  await lane.expireQuarantine(Date.now() + 2_000)
  expect(await listKept()).toEqual([])
  expect(lane.getBalance()).toMatchObject({ quarantined: 0, expired: 1 })
})

test('a closed lane ends whoever waits for it', async () => {
  const lane = await openLane()
  const taken = lane.take()
  await lane.close()
  expect(await taken).toEqual([])
})
