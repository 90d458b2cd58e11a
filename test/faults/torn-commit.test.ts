import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Engine } from '../../src/journal/engine.ts'
import { openLmdbEngine } from '../../src/journal/lmdb-engine.ts'

const PAGE = 4_096
/** LMDB writes these last, once all others are flushed: until then a commit has not been. */
const META_PAGES = 2
const RUNS = process.env['TROMOST_LONG'] === '1' ? 2_000 : 100

const folder = mkdtempSync(join(tmpdir(), 'tromost-torn-'))
/** The file as it was before the last commit, and as it was after it. */
let before: Buffer
let after: Buffer

beforeAll(async () => {
  const engine = openLmdbEngine({ folder, durability: 'fsync', maxBytes: 1024 })
  // Enough commits, and removals among them, that the last one takes pages that were free again.
  for (let commit = 0; commit < 40; commit += 1) await engine.commit(toChanges(commit))
  before = readFileSync(join(folder, 'data.mdb'))
  await engine.commit(toChanges(40))
  after = readFileSync(join(folder, 'data.mdb'))
  await engine.close()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function toChanges(commit: number) {
  const put = Array.from({ length: 8 }, (_, index) => ({
    table: 'chunks' as const,
    key: ['kranj', commit * 8 + index],
    value: toValue(commit * 8 + index),
  }))
  const removed = Array.from({ length: 4 }, (_, index) => ({
    table: 'chunks' as const,
    key: ['kranj', (commit - 20) * 8 + index],
  }))
  return commit < 20 ? put : [...put, ...removed]
}

function toValue(position: number): Buffer {
  return Buffer.alloc(200 + ((position * 977) % 9_000), position % 251)
}

function getPositions(commits: number): number[] {
  const all = Array.from({ length: commits * 8 }, (_, position) => position)
  return all.filter(position => position >= (commits - 20) * 8 || position % 8 >= 4)
}

/** Those pages that the last commit has changed. */
function getChanged(): number[] {
  const pages = Array.from({ length: Math.ceil(after.length / PAGE) }, (_, page) => page)
  return pages.filter(page => page >= META_PAGES && !getPage(after, page).equals(getPage(before, page)))
}

function getPage(file: Buffer, page: number): Buffer {
  return file.subarray(page * PAGE, (page + 1) * PAGE)
}

async function read(engine: Engine): Promise<readonly { position: unknown; isWhole: boolean }[]> {
  const entries = await engine.range('chunks', { from: ['kranj', 0], within: ['kranj'], limit: 10_000 })
  return entries.map(({ key, value }) => ({
    position: key[1],
    isWhole: Buffer.from(value).equals(toValue(Number(key[1]))),
  }))
}

test('of a commit that was cut off at any byte, its pages written in any order, no record before it is touched, and the next ones go on', async () => {
  const changed = getChanged()
  expect(changed.length).toBeGreaterThan(5)
  const expected = getPositions(40).map(position => ({ position, isWhole: true }))
  const torn = fc.record({
    written: fc.subarray(changed),
    last: fc.constantFrom(...changed),
    bytes: fc.integer({ min: 0, max: PAGE }),
    noise: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(torn, async ({ written, last, bytes, noise }) => {
      const end = Math.max(before.length, ...[...written, last].map(page => (page + 1) * PAGE))
      const file = Buffer.alloc(end)
      before.copy(file)
      for (const page of written) getPage(after, page).copy(file, page * PAGE)
      const part = noise ? Buffer.alloc(bytes, 0xa5) : getPage(after, last).subarray(0, bytes)
      part.copy(file, last * PAGE)
      const place = mkdtempSync(join(folder, 'run-'))
      writeFileSync(join(place, 'data.mdb'), file)
      const engine = openLmdbEngine({ folder: place, durability: 'fsync', maxBytes: 1024 })
      try {
        expect(await read(engine)).toEqual(expected)
        await engine.commit(toChanges(40))
        expect((await read(engine)).map(({ position }) => position)).toEqual(getPositions(41))
      } finally {
        await engine.close()
        rmSync(place, { recursive: true, force: true })
      }
    }),
    { numRuns: RUNS },
  )
})
