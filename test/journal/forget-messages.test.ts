import { expect, test } from '@jest/globals'
import { forgetMessages } from '../../src/journal/forget-messages.ts'
import { Journal } from '../../src/journal/journal.ts'
import { Lane } from '../../src/journal/lane.ts'
import type { Message } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'
import { until } from '../support/until.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const BOUNDS = { maxBytes: 1_000_000, retentionMs: 0, onFull: 'reject' as const, isDiskFull: () => false }
const QUARANTINE = { quarantineMaxEntries: 100, quarantineMaxBytes: 100_000, quarantineRetentionMs: 60_000 }

async function store(engine: MemoryEngine, ...messages: readonly Partial<Message>[]): Promise<void> {
  const journal = await Journal.open(engine, { ...BOUNDS, lanes: [PLACE] }, () => {})
  await Promise.all(messages.map(message => append(journal, createMessage(message))))
  await journal.close()
}

function openLane(engine: MemoryEngine, destination = 'main'): Promise<Lane> {
  const place = { tenant: 'kranj', destination }
  return Lane.open(engine, { ...place, ...QUARANTINE, windowMessages: 60, onSaveFailed: () => {} })
}

const chunksOf = (engine: MemoryEngine) =>
  engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 9 })

test('messages of a device are zeros of their length, and count as discarded where they waited', async () => {
  const engine = new MemoryEngine()
  const theirs = {
    device: 'well-7',
    topic: 'tromost/well-7/up',
    payload: Buffer.from('planted'),
    packetId: 9,
  }
  await store(
    engine,
    {},
    { ...theirs, note: { destinations: ['main'] } },
    { payload: Buffer.from('{"t":22}') },
    theirs,
  )
  const before = await chunksOf(engine)
  const order = {
    tenant: 'kranj',
    isMeant: ({ device }: { device: string }) => device === 'well-7',
    dryRun: true,
  }
  expect(await forgetMessages(engine, order)).toEqual({ messages: 2, unreadable: 0 })
  expect(await chunksOf(engine)).toEqual(before)
  expect(await forgetMessages(engine, { ...order, dryRun: false })).toEqual({ messages: 2, unreadable: 0 })
  const after = await chunksOf(engine)
  expect(after.map(({ key, value }) => [key, value.length])).toEqual(
    before.map(({ key, value }) => [key, value.length]),
  )
  for (const { value } of after) expect(value.toString('latin1')).not.toMatch(/planted|well-7/)
  expect(await forgetMessages(engine, { ...order, dryRun: false })).toEqual({ messages: 0, unreadable: 0 })

  const lane = await openLane(engine)
  const taken = [...(await lane.take())]
  for (const item of taken) lane.settle(item, { kind: 'delivered' })
  expect(taken.map(({ position, message }) => [position, String(message.payload)])).toEqual([
    [0, '{"t":21}'],
    [2, '{"t":22}'],
  ])
  await until('all is saved', () => lane.position === 4)
  expect(lane.getBalance()).toMatchObject({ received: 4, delivered: 2, discarded: 2, waiting: 0 })
  await lane.close()
})

test('a record that cannot be read is told, and stays', async () => {
  const engine = new MemoryEngine()
  await engine.commit([{ table: 'chunks', key: ['kranj', 0], value: Buffer.from('nothing of ours, at all') }])
  const order = { tenant: 'kranj', isMeant: () => true, dryRun: false }
  expect(await forgetMessages(engine, order)).toEqual({ messages: 0, unreadable: 1 })
})

test('what another agent had in quarantine is there at once, and what was not for a lane is skipped', async () => {
  const engine = new MemoryEngine()
  const quarantined = { code: 'MAP_FAILED', detail: 'expected less' }
  await store(
    engine,
    { note: { destinations: ['main'], quarantined } },
    { note: { destinations: ['other'] } },
    {},
  )
  const main = await openLane(engine)
  expect((await main.take()).map(({ position }) => position)).toEqual([2])
  const other = await openLane(engine, 'other')
  expect((await other.take()).map(({ position }) => position)).toEqual([1, 2])
  await until('it is saved', () => main.position === 2)
  expect(main.getBalance()).toMatchObject({ quarantined: 1, skipped: 1, waiting: 1 })
  expect(main.quarantine.reasons).toMatchObject({ MAP_FAILED: { messages: 1 } })
  await main.close()
  await other.close()
  expect(other.getBalance()).toMatchObject({ skipped: 1, quarantined: 0 })
})

test('what is beside a message is on disk with it', async () => {
  const engine = new MemoryEngine()
  const journal = await Journal.open(engine, { ...BOUNDS, lanes: [PLACE] }, () => {})
  const beside = { table: 'imports' as const, key: ['kranj', 'x'], value: Buffer.from('1') }
  await new Promise<void>(resolve => journal.append(createMessage(), () => resolve(), beside))
  expect(await engine.get('imports', ['kranj', 'x'])).toEqual(Buffer.from('1'))
  await journal.close()
})
