import { beforeEach, expect, test } from '@jest/globals'
import { Journal } from '../../src/journal/journal.ts'
import { createLaneChange, loadLaneState } from '../../src/journal/lane-state.ts'
import type { RetentionOptions } from '../../src/journal/retention.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const HOUR_MS = 3_600_000
const LANES = [
  { tenant: 'kranj', destination: 'main' },
  { tenant: 'kranj', destination: 'mirror' },
]
/** What a chunk with one message of 100 bytes takes, and the room for two and a half of them. */
const PAYLOAD = Buffer.alloc(100)
const ROOM_FOR_TWO = 420

let engine: MemoryEngine

beforeEach(() => {
  engine = new MemoryEngine()
})

function openJournal(options: Partial<RetentionOptions> = {}): Promise<Journal> {
  const all = {
    maxBytes: 1_000_000,
    retentionMs: HOUR_MS,
    onFull: 'reject' as const,
    lanes: LANES,
    isDiskFull: () => false,
    ...options,
  }
  return Journal.open(engine, all, () => {})
}

async function settle(destination: string, position: number): Promise<void> {
  const state = await loadLaneState(engine, 'kranj', destination)
  await engine.commit([createLaneChange('kranj', destination, { ...state, position })])
}

async function getPositions(): Promise<readonly unknown[]> {
  const chunks = await engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 1_000 })
  return chunks.map(({ key }) => key[1])
}

async function store(journal: Journal, count: number): Promise<readonly (Error | undefined)[]> {
  const answers: (Error | undefined)[] = []
  for (let index = 0; index < count; index++) {
    answers.push(await append(journal, createMessage({ payload: PAYLOAD })))
  }
  return answers
}

test('a chunk stays until every lane has settled it', async () => {
  const journal = await openJournal()
  await store(journal, 3)
  await settle('main', 3)
  await settle('mirror', 1)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([1, 2])
})

test('a settled chunk stays for its retention', async () => {
  const journal = await openJournal()
  await store(journal, 1)
  await settle('main', 1)
  await settle('mirror', 1)
  await journal.expire(Date.now() + HOUR_MS / 2)
  expect(await getPositions()).toEqual([0])
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([])
})

test('a chunk that is settled in part stays', async () => {
  const journal = await openJournal()
  await Promise.all([append(journal, createMessage()), append(journal, createMessage())])
  await settle('main', 1)
  await settle('mirror', 1)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([0])
})

test('the bytes that retention frees are known after a restart', async () => {
  const before = await openJournal()
  await store(before, 4)
  const full = before.getBytes()
  await settle('main', 2)
  await settle('mirror', 2)
  await before.expire(Date.now() + 2 * HOUR_MS)
  expect(before.getBytes()).toBe(full / 2)
  engine = engine.reopen()
  expect((await openJournal()).getBytes()).toBe(full / 2)
})

test('more chunks than one sweep looks at are all removed', async () => {
  const journal = await openJournal()
  await store(journal, 150)
  await settle('main', 150)
  await settle('mirror', 150)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([])
  expect(journal.getBytes()).toBe(0)
})

test('a full journal makes room from what is settled before its retention has passed', async () => {
  const journal = await openJournal({ maxBytes: ROOM_FOR_TWO })
  await store(journal, 2)
  await settle('main', 1)
  await settle('mirror', 1)
  expect(await store(journal, 1)).toEqual([undefined])
  expect(await getPositions()).toEqual([1, 2])
})

test('a full journal with nothing settled refuses, and takes messages again once something is', async () => {
  const journal = await openJournal({ maxBytes: ROOM_FOR_TWO })
  const [, , refused] = await store(journal, 3)
  expect(String(refused)).toMatch(/JOURNAL_FULL/)
  await settle('main', 2)
  await settle('mirror', 2)
  expect(await store(journal, 1)).toEqual([undefined])
  expect(await getPositions()).toContain(2)
})

test('a full journal that is to drop the oldest takes every message', async () => {
  const journal = await openJournal({ maxBytes: ROOM_FOR_TWO, onFull: 'dropOldest' })
  expect(await store(journal, 5)).toEqual(Array(5).fill(undefined))
  expect(await getPositions()).toEqual([3, 4])
})

test('a message that is larger than the whole journal is refused also where the oldest may be dropped', async () => {
  const journal = await openJournal({ maxBytes: 100, onFull: 'dropOldest' })
  const [refused] = await store(journal, 1)
  expect(String(refused)).toMatch(/JOURNAL_FULL/)
})

test('a tenant that no lane reads keeps its messages', async () => {
  const journal = await openJournal({ lanes: [] })
  await store(journal, 1)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([0])
})
