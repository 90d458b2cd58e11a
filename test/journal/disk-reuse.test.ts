import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Engine } from '../../src/journal/engine.ts'
import { Journal } from '../../src/journal/journal.ts'
import { createLaneChange, loadLaneState } from '../../src/journal/lane-state.ts'
import { openLmdbEngine } from '../../src/journal/lmdb-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const MIB = 1024 ** 2
const MAX_BYTES = 8 * MIB
/** Far more than fit. */
const COMMITS_PER_ROUND = 75
const MESSAGES_MAX = 300

let folder: string
let engine: Engine

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tromost-reuse-'))
  engine = openLmdbEngine({ folder, durability: 'os', maxBytes: MAX_BYTES })
})

afterEach(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

function openJournal(onFull: 'reject' | 'dropOldest'): Promise<Journal> {
  const lanes = [{ tenant: 'kranj', destination: 'main' }]
  return Journal.open(
    engine,
    { maxBytes: MAX_BYTES, retentionMs: 0, onFull, lanes, isDiskFull: () => false },
    () => {},
  )
}

/** Stores messages of all sizes until the first is refused, or there are enough of them; gives the refusal. */
async function fill(journal: Journal): Promise<Error | undefined> {
  for (let commit = 0; commit < COMMITS_PER_ROUND; commit++) {
    const count = 1 + ((commit * 97) % MESSAGES_MAX)
    const errors = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        append(journal, createMessage({ payload: Buffer.alloc(1 + ((commit + index * 131) % 5_000)) })),
      ),
    )
    const error = errors.find(each => each !== undefined)
    if (error !== undefined) return error
  }
  return undefined
}

function getFileBytes(): number {
  return statSync(join(folder, 'data.mdb')).size
}

test('the disk space of a backlog that has drained is used again: the file does not grow from outage to outage', async () => {
  const journal = await openJournal('reject')
  const sizes: number[] = []
  for (let round = 0; round < 6; round++) {
    expect(String(await fill(journal))).toMatch(/JOURNAL_FULL/)
    sizes.push(getFileBytes())
    const state = await loadLaneState(engine, 'kranj', 'main')
    const position = journal.getReceived('kranj')
    await engine.commit([createLaneChange('kranj', 'main', { ...state, position })])
    await journal.expire(Date.now() + 1)
    expect(journal.getBytes()).toBe(0)
  }
  const [first = 0, ...others] = sizes
  expect(first).toBeGreaterThan(MAX_BYTES * 0.9)
  expect(Math.max(...others)).toBeLessThan(first * 1.25)
})

test('a journal that drops its oldest at the bound for long stays within twice its bound, and its commits never fail', async () => {
  const journal = await openJournal('dropOldest')
  for (let round = 0; round < 3; round++) expect(await fill(journal)).toBeUndefined()
  expect(journal.getBytes()).toBeLessThanOrEqual(MAX_BYTES)
  expect(getFileBytes()).toBeLessThan(2 * MAX_BYTES)
})
