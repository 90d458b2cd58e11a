import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openLmdbEngine } from '../../src/journal/lmdb-engine.ts'

const PAGE = 4_096
const RECORDS = 50
/** Two pages each, which LMDB takes one record after the other. */
const RECORD_BYTES = 5_000

const folder = mkdtempSync(join(tmpdir(), 'tromost-file-'))
const file = join(folder, 'data.mdb')
let whole: Buffer

beforeAll(async () => {
  const engine = openEngine()
  for (let record = 0; record < RECORDS; record += 1) await engine.commit([toChange(record)])
  await engine.close()
  whole = readFileSync(file)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function openEngine() {
  return openLmdbEngine({ folder, durability: 'fsync', maxBytes: 1024 })
}

function toChange(record: number) {
  return { table: 'chunks', key: ['kranj', record], value: Buffer.alloc(RECORD_BYTES, record + 1) } as const
}

function replace(content: Uint8Array): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  writeFileSync(file, content)
}

/** What is wrong with the file when it is opened, read through and written to once more, and which records are as they were. */
async function tryFile(content: Uint8Array): Promise<{ fault?: string; intact: readonly number[] }> {
  replace(content)
  try {
    const engine = openEngine()
    try {
      const intact: number[] = []
      for (let record = 0; record < RECORDS; record += 1) {
        const value = await engine.get('chunks', ['kranj', record])
        if (value?.equals(toChange(record).value) === true) intact.push(record)
      }
      await engine.commit([toChange(RECORDS)])
      return { intact }
    } finally {
      await engine.close()
    }
  } catch (error) {
    return { fault: String(error), intact: [] }
  }
}

describe('a journal file that was cut short', () => {
  test('at any page never ends the process: it is refused, or what is left of it is read and written on', async () => {
    const pages = whole.length / PAGE
    for (let kept = 2; kept < pages; kept += 1) {
      const { fault, intact } = await tryFile(whole.subarray(0, kept * PAGE))
      if (fault !== undefined) expect(fault).toContain('MDB_CORRUPTED')
      else expect(intact.length).toBeLessThan(RECORDS)
    }
  })

  test('loses the records of its end, and no others', async () => {
    const { intact } = await tryFile(whole.subarray(0, whole.length - 10 * PAGE))
    expect(intact.length).toBeGreaterThan(RECORDS - 10)
    expect(intact).toEqual(Array.from(intact, (_, index) => index))
  })

  test('has the length again that it says it has', async () => {
    await tryFile(whole.subarray(0, whole.length - 10 * PAGE))
    expect(statSync(file).size).toBeGreaterThanOrEqual(whole.length)
  })
})

describe('a file that is no journal', () => {
  const remedy = 'put back a copy of it, or move it away to begin with an empty journal'

  test.each([
    ['an empty one', () => Buffer.alloc(0)],
    ['a few bytes', () => Buffer.alloc(100, 1)],
    ['nothing but zeros', () => Buffer.alloc(65_536)],
    ['something else', () => Buffer.alloc(65_536, 7)],
    ['one of another version of LMDB', () => patch(28, 1)],
    ['one whose second page is gone', () => patch(PAGE + 24, 0)],
    ['one that claims to be larger than any disk', () => patch(24 + 127, 0xff)],
  ])('is refused with the remedy, and stays as it is: %s', async (_title, create) => {
    const content = create()
    const { fault } = await tryFile(content)
    expect(fault).toContain(
      `${file}: expected a journal, got ${content.length} bytes that are none; ${remedy}`,
    )
    expect(readFileSync(file).equals(content)).toBe(true)
  })
})

function patch(position: number, value: number): Buffer {
  const content = Buffer.from(whole)
  content[position] = value
  return content
}
