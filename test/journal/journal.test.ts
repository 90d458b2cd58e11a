import { beforeEach, expect, test } from '@jest/globals'
import { Journal, type JournalOptions } from '../../src/journal/journal.ts'
import { createLaneChange, loadLaneState } from '../../src/journal/lane-state.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'
import { until } from '../support/until.ts'
import { readChunk } from './read-chunk.ts'

const OPTIONS: JournalOptions = {
  maxBytes: 10_000_000,
  retentionMs: 1_000,
  onFull: 'reject',
  lanes: [],
  isDiskFull: () => false,
}

let engine: MemoryEngine
let stored: string[]

beforeEach(() => {
  engine = new MemoryEngine()
  stored = []
})

function openJournal(options: Partial<JournalOptions> = {}): Promise<Journal> {
  return Journal.open(engine, { ...OPTIONS, ...options }, (tenant, next) => stored.push(`${tenant} ${next}`))
}

async function readAll(tenant: string): Promise<readonly string[]> {
  const chunks = await engine.range('chunks', { within: [tenant], from: [tenant], limit: 1_000 })
  return chunks.flatMap(({ value }) => readChunk(value).map(({ payload }) => payload.toString()))
}

test('a message is answered after its commit and not before', async () => {
  const journal = await openJournal()
  engine.hold()
  let isAnswered = false
  const answer = append(journal, createMessage()).then(() => {
    isAnswered = true
  })
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  expect(isAnswered).toBe(false)
  expect(stored).toEqual([])
  engine.release()
  await answer
  expect(stored).toEqual(['kranj 1'])
})

test('answers come in the order of the messages of a tenant, also those for what is not kept', async () => {
  const journal = await openJournal()
  const answered: string[] = []
  engine.hold()
  journal.append(createMessage({ tenant: 'kranj' }), () => answered.push('first'))
  journal.append(createMessage({ tenant: 'koper' }), () => answered.push('second'))
  journal.passAfter('kranj', () => answered.push('third'))
  journal.append(createMessage({ tenant: 'kranj' }), () => answered.push('fourth'))
  expect(answered).toEqual([])
  engine.release()
  await journal.close()
  expect(answered).toEqual(['first', 'third', 'fourth', 'second'])
})

test('an answer that waits for nothing comes at once', async () => {
  const journal = await openJournal()
  let isAnswered = false
  journal.passAfter('kranj', () => {
    isAnswered = true
  })
  expect(isAnswered).toBe(true)
})

test('messages that come together share one commit and one chunk per tenant', async () => {
  const journal = await openJournal()
  const payloads = ['1', '2', '3'].map(text => Buffer.from(text))
  await Promise.all([
    ...payloads.map(payload => append(journal, createMessage({ payload }))),
    append(journal, createMessage({ tenant: 'koper' })),
  ])
  expect(engine.commits).toBe(1)
  expect(await engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 10 })).toHaveLength(1)
  expect(await readAll('kranj')).toEqual(['1', '2', '3'])
  expect(stored).toEqual(['kranj 3', 'koper 1'])
})

test('messages that come during a commit are in the next one', async () => {
  const journal = await openJournal()
  engine.hold()
  const first = append(journal, createMessage({ payload: Buffer.from('1') }))
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  const second = append(journal, createMessage({ payload: Buffer.from('2') }))
  engine.release()
  await Promise.all([first, second])
  expect(engine.commits).toBe(2)
  expect(await readAll('kranj')).toEqual(['1', '2'])
})

test('positions go on after a restart, without gaps and without repeats', async () => {
  const before = await openJournal()
  await append(before, createMessage())
  await append(before, createMessage())
  engine = engine.reopen()
  const after = await openJournal()
  expect(after.getReceived('kranj')).toBe(2)
  await append(after, createMessage())
  const chunks = await engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 10 })
  expect(chunks.map(({ key }) => key[1])).toEqual([0, 1, 2])
})

test('a commit that fails answers each of its messages with an error and counts none of them', async () => {
  const journal = await openJournal()
  engine.fail(new Error('no space left on device'))
  const answers = await Promise.all([append(journal, createMessage()), append(journal, createMessage())])
  expect(answers.map(String)).toEqual(Array(2).fill('TromostError: JOURNAL_FAILED: no space left on device'))
  expect(journal.getReceived('kranj')).toBe(0)
  expect(stored).toEqual([])
})

test('the journal takes messages again as soon as commits succeed again', async () => {
  const journal = await openJournal()
  engine.fail(new Error('no space left on device'))
  await append(journal, createMessage({ payload: Buffer.from('lost') }))
  engine.fail()
  expect(await append(journal, createMessage({ payload: Buffer.from('kept') }))).toBeUndefined()
  expect(await readAll('kranj')).toEqual(['kept'])
  expect(journal.getReceived('kranj')).toBe(1)
})

test('a flush that does not come stops the intake at a bound instead of filling the memory', async () => {
  const journal = await openJournal({ maxBytes: 1_000_000_000 })
  engine.hold()
  const payload = Buffer.alloc(8 * 1024 * 1024)
  const refused: string[] = []
  for (let count = 0; count < 12; count++) {
    journal.append(createMessage({ payload }), error => {
      if (error !== undefined) refused.push(error.message)
    })
  }
  expect(refused).toEqual(
    Array(4).fill('JOURNAL_FAILED: tenant kranj: 67108864 bytes wait for a flush already'),
  )
  engine.release()
  await journal.close()
  expect(journal.getReceived('kranj')).toBe(8)
})

test('a journal at its bound refuses a message and says whose', async () => {
  const journal = await openJournal({ maxBytes: 200, lanes: [{ tenant: 'kranj', destination: 'main' }] })
  expect(await append(journal, createMessage({ payload: Buffer.alloc(100) }))).toBeUndefined()
  const error = await append(journal, createMessage({ payload: Buffer.alloc(100) }))
  expect(String(error)).toMatch(/^TromostError: JOURNAL_FULL: tenant kranj: no room for \d+ bytes$/)
  expect(journal.getReceived('kranj')).toBe(1)
})

test('what there is no room for waits, and is stored in its order once there is some', async () => {
  const lanes = [{ tenant: 'kranj', destination: 'main' }]
  const journal = await openJournal({ maxBytes: 300, lanes, patienceMs: 60_000 })
  expect(await append(journal, createMessage({ payload: Buffer.alloc(100) }))).toBeUndefined()
  const answered: string[] = []
  const payload = Buffer.alloc(100)
  const note = (text: string) => (error?: Error) => answered.push(`${text} ${error?.message ?? 'stored'}`)
  journal.append(createMessage({ payload }), note('second'))
  await until('it is held', () => journal.isHolding('kranj'))
  journal.append(createMessage({ payload }), note('third'))
  journal.passAfter('kranj', note('pass'))
  expect(answered).toEqual([])
  await settleUpTo(1)
  await until('the second is stored', () => answered.length > 0)
  await settleUpTo(2)
  await until('all are answered', () => answered.length === 3)
  expect(answered).toEqual(['second stored', 'third stored', 'pass stored'])
})

test('what waits for room too long is refused with all that came behind it, and others are stored meanwhile', async () => {
  const journal = await openJournal({
    lanes: ['kranj', 'bled'].map(tenant => ({ tenant, destination: 'main' })),
    getTenantMaxBytes: tenant => (tenant === 'kranj' ? 200 : undefined),
    patienceMs: 300,
  })
  expect(await append(journal, createMessage({ payload: Buffer.alloc(100) }))).toBeUndefined()
  const refused = append(journal, createMessage({ payload: Buffer.alloc(100) }))
  await until('it is held', () => journal.isHolding('kranj'))
  const behind = append(journal, createMessage({ payload: Buffer.alloc(1) }))
  expect(await append(journal, createMessage({ tenant: 'bled' }))).toBeUndefined()
  expect(journal.isHolding('kranj')).toBe(true)
  expect(String(await refused)).toMatch(/JOURNAL_FULL: tenant kranj/)
  expect(String(await behind)).toMatch(/JOURNAL_FULL: tenant kranj/)
  expect(journal.getReceived('kranj')).toBe(1)
})

test('a journal that closes refuses what still waits for room', async () => {
  const journal = await openJournal({ isDiskFull: () => true, patienceMs: 60_000 })
  const refused = append(journal, createMessage())
  await until('it is held', () => journal.isHolding('kranj'))
  await journal.close()
  expect(String(await refused)).toMatch(/DISK_FULL/)
})

test('when a commit fails, what came behind it from its tenant is not stored before it either', async () => {
  const journal = await openJournal()
  engine.fail(new Error('no space left on device'))
  engine.hold()
  const first = append(journal, createMessage())
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  const second = append(journal, createMessage())
  void first.then(() => engine.fail())
  engine.release()
  expect(String(await first)).toMatch(/JOURNAL_FAILED/)
  expect(String(await second)).toMatch(/JOURNAL_FAILED/)
  expect(await append(journal, createMessage())).toBeUndefined()
})

test('of a flush that does not come no tenant takes the part of another', async () => {
  const journal = await openJournal({ maxBytes: 1_000_000_000 })
  engine.hold()
  const refused: string[] = []
  const payload = Buffer.alloc(8 * 1024 * 1024)
  const store = (tenant: string) =>
    journal.append(createMessage({ tenant, payload }), error => {
      if (error !== undefined) refused.push(tenant)
    })
  for (let count = 0; count < 9; count++) store('kranj')
  for (let count = 0; count < 5; count++) store('bled')
  expect(refused).toEqual(['kranj', 'bled'])
  engine.release()
  await journal.close()
})

async function settleUpTo(position: number): Promise<void> {
  const state = await loadLaneState(engine, 'kranj', 'main')
  await engine.commit([createLaneChange('kranj', 'main', { ...state, position })])
}

test('a disk that is full refuses before anything is written, and takes messages again once it has room', async () => {
  let isFull = true
  const journal = await openJournal({ isDiskFull: () => isFull })
  expect(String(await append(journal, createMessage()))).toMatch(/^TromostError: DISK_FULL: /)
  expect(engine.commits).toBe(0)
  isFull = false
  expect(await append(journal, createMessage())).toBeUndefined()
})

test('closing writes what still waits', async () => {
  const journal = await openJournal()
  const answer = append(journal, createMessage())
  await journal.close()
  expect(await answer).toBeUndefined()
  expect(await readAll('kranj')).toHaveLength(1)
})
