import { beforeEach, expect, test } from '@jest/globals'
import { Journal, type JournalOptions } from '../../src/journal/journal.ts'
import { createLaneChange, loadLaneState } from '../../src/journal/lane-state.ts'
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
const CHUNK_BYTES = 161

let engine: MemoryEngine

beforeEach(() => {
  engine = new MemoryEngine()
})

function openJournal(options: Partial<JournalOptions> = {}): Promise<Journal> {
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

/** The journal of two tenants with a lane each. */
function openTwo(options: Partial<JournalOptions>): Promise<Journal> {
  const lanes = ['kranj', 'bled'].map(tenant => ({ tenant, destination: 'main' }))
  return openJournal({ lanes, ...options })
}

async function settle(destination: string, position: number): Promise<void> {
  const state = await loadLaneState(engine, 'kranj', destination)
  await engine.commit([createLaneChange('kranj', destination, { ...state, position })])
}

async function getPositions(tenant = 'kranj'): Promise<readonly unknown[]> {
  const chunks = await engine.range('chunks', { within: [tenant], from: [tenant], limit: 1_000 })
  return chunks.map(({ key }) => key[1])
}

async function store(
  journal: Journal,
  count: number,
  tenant = 'kranj',
  bytes = PAYLOAD.length,
): Promise<readonly (Error | undefined)[]> {
  const answers: (Error | undefined)[] = []
  for (let index = 0; index < count; index++) {
    answers.push(await append(journal, createMessage({ tenant, payload: Buffer.alloc(bytes) })))
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

test('a tenant at its own bound is refused, and others are not', async () => {
  const journal = await openTwo({
    getTenantMaxBytes: tenant => (tenant === 'kranj' ? ROOM_FOR_TWO : undefined),
  })
  const [, , refused] = await store(journal, 3)
  expect(String(refused)).toMatch(/JOURNAL_FULL: tenant kranj/)
  expect(await store(journal, 3, 'bled')).toEqual([undefined, undefined, undefined])
  expect(await getPositions('bled')).toEqual([0, 1, 2])
})

test('a tenant at its own bound loses its own oldest messages where they may be dropped, and never those of others', async () => {
  const journal = await openTwo({
    onFull: 'dropOldest',
    getTenantMaxBytes: tenant => (tenant === 'kranj' ? ROOM_FOR_TWO : undefined),
  })
  await store(journal, 4, 'bled')
  expect(await store(journal, 5)).toEqual(Array(5).fill(undefined))
  expect(await getPositions()).toEqual([3, 4])
  expect(await getPositions('bled')).toEqual([0, 1, 2, 3])
})

test('one tenant cannot take all the room: each has its part of half of it', async () => {
  const journal = await openTwo({ maxBytes: 12 * CHUNK_BYTES })
  const answers = await store(journal, 12)
  expect(answers.filter(error => error === undefined)).toHaveLength(9)
  expect(await store(journal, 3, 'bled')).toEqual([undefined, undefined, undefined])
  expect(String((await store(journal, 1, 'bled'))[0])).toMatch(/JOURNAL_FULL: tenant bled/)
})

test('when all together are at the bound, whoever holds most loses its oldest messages', async () => {
  const journal = await openTwo({ maxBytes: 12 * CHUNK_BYTES, onFull: 'dropOldest' })
  await store(journal, 9)
  await store(journal, 4, 'bled')
  expect(await getPositions('bled')).toEqual([0, 1, 2, 3])
  expect((await getPositions())[0]).toBe(2)
})

test('the newest chunk of a tenant is never dropped, since a lane finds its way by it', async () => {
  const journal = await openTwo({ maxBytes: 6 * CHUNK_BYTES, onFull: 'dropOldest' })
  await store(journal, 1)
  const [refused] = await store(journal, 1, 'bled', 7 * PAYLOAD.length)
  expect(String(refused)).toMatch(/JOURNAL_FULL/)
  expect(await getPositions()).toEqual([0])
})

test('sweeps that meet count what they remove once', async () => {
  const journal = await openJournal()
  await store(journal, 150)
  await settle('main', 150)
  await settle('mirror', 150)
  const later = Date.now() + 2 * HOUR_MS
  await Promise.all([journal.expire(later), journal.expire(later)])
  expect(journal.getBytes()).toBe(0)
})

test('how full it is is told once at four fifths, and once when it has room again', async () => {
  const told: unknown[] = []
  const journal = await openJournal({ maxBytes: 10 * CHUNK_BYTES, onFill: fill => told.push(fill) })
  await store(journal, 7)
  expect(told).toEqual([])
  await store(journal, 3)
  expect(told).toEqual([{ bytes: 8 * CHUNK_BYTES, maxBytes: 10 * CHUNK_BYTES, isHigh: true }])
  await settle('main', 6)
  await settle('mirror', 6)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(told.slice(1)).toEqual([{ bytes: 4 * CHUNK_BYTES, maxBytes: 10 * CHUNK_BYTES, isHigh: false }])
})

test('how full the part of a tenant is is told with its name', async () => {
  const told: unknown[] = []
  const maxBytes = 2 * CHUNK_BYTES
  const journal = await openJournal({ getTenantMaxBytes: () => maxBytes, onFill: fill => told.push(fill) })
  await store(journal, 2)
  expect(told).toEqual([{ tenant: 'kranj', bytes: maxBytes, maxBytes, isHigh: true }])
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

test('lanes that come and go decide from then on what is settled', async () => {
  const journal = await openJournal({ lanes: LANES.slice(0, 1) })
  await store(journal, 2)
  await settle('main', 2)
  journal.useLanes(LANES)
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([0, 1])
  journal.useLanes(LANES.slice(0, 1))
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([])
})

test('of a tenant that has no lane any more, what its lanes had settled leaves, and the rest stays', async () => {
  const journal = await openJournal()
  await store(journal, 3)
  await settle('main', 3)
  await settle('mirror', 1)
  journal.useLanes([])
  await journal.expire(Date.now() + 2 * HOUR_MS)
  expect(await getPositions()).toEqual([1, 2])
})

test('a tenant that comes has its part of the room from then on, and one that goes has none', async () => {
  const journal = await openJournal({ maxBytes: 1_000, lanes: LANES })
  expect(journal.getUsage().tenants.map(({ tenant }) => tenant)).toEqual(['kranj'])
  journal.useLanes([{ tenant: 'bled', destination: 'main' }])
  expect(journal.getUsage().tenants.map(({ tenant }) => tenant)).toEqual(['bled'])
})
