import { beforeEach, expect, test } from '@jest/globals'
import type { Companion } from '../../src/journal/companion.ts'
import { Journal } from '../../src/journal/journal.ts'
import { Lane } from '../../src/journal/lane.ts'
import { loadLaneState } from '../../src/journal/lane-state.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'
import { until } from '../support/until.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }

let engine: MemoryEngine
/** What was asked for and what was saved, in their order. */
let told: string[]
let failures: number

const companion: Companion = {
  getChanges: before => {
    told.push(`asked ${before}`)
    return [{ table: 'marks', key: ['kranj', 'main', before], value: Buffer.from('m') }]
  },
  onSaved: before => told.push(`saved ${before}`),
}

beforeEach(() => {
  engine = new MemoryEngine()
  told = []
  failures = 0
})

async function openWith(count: number): Promise<Lane> {
  const bounds = { maxBytes: 1_000_000, retentionMs: 0, onFull: 'reject' as const, isDiskFull: () => false }
  const journal = await Journal.open(engine, { ...bounds, lanes: [PLACE] }, () => {})
  await Promise.all(Array.from({ length: count }, () => append(journal, createMessage())))
  return Lane.open(engine, {
    ...{
      ...PLACE,
      windowMessages: 100,
      quarantineMaxEntries: 100,
      quarantineMaxBytes: 100_000,
      quarantineRetentionMs: 60_000,
      companion,
    },
    onSaveFailed: () => {
      failures += 1
    },
  })
}

async function countMarks(): Promise<number> {
  return (await engine.range('marks', { within: ['kranj'], from: ['kranj'], limit: 10 })).length
}

test('what a companion keeps is saved with the cursor, up to the message that is still open', async () => {
  const lane = await openWith(3)
  const [first, , third] = await lane.take()
  if (first === undefined || third === undefined) throw new Error('expected three messages')
  lane.settle(first, { kind: 'delivered' })
  lane.settle(third, { kind: 'delivered' })
  await lane.close()
  expect(told).toEqual(['asked 1', 'saved 1'])
  expect((await loadLaneState(engine, 'kranj', 'main')).position).toBe(1)
  expect(await countMarks()).toBe(1)
})

test('a companion is asked again for what could not be saved, and neither it nor the cursor is on disk until then', async () => {
  const lane = await openWith(1)
  const [only] = await lane.take()
  if (only === undefined) throw new Error('expected a message')
  engine.fail(new Error('disk'))
  lane.settle(only, { kind: 'duplicate' })
  await until('a save has failed', () => failures > 0)
  expect([await countMarks(), told.includes('saved 1')]).toEqual([0, false])
  engine.fail()
  await lane.close()
  expect([await countMarks(), told.at(-1)]).toEqual([1, 'saved 1'])
  expect(await loadLaneState(engine, 'kranj', 'main')).toMatchObject({ position: 1, duplicates: 1 })
})
