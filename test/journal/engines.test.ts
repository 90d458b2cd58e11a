import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import type { Engine } from '../../src/journal/engine.ts'
import { openLmdbEngine } from '../../src/journal/lmdb-engine.ts'
import { collectGarbage } from '../support/memory.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { testEngine } from './engine-suite.ts'

/** As large as that of a busy second. */
const RECORD_BYTES = 1024 * 1024
const READS = 40

const folders: string[] = []
const engines: Engine[] = []

afterAll(async () => {
  for (const engine of engines) await engine.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function openIn(folder: string, durability: 'fsync' | 'os'): Engine {
  const engine = openLmdbEngine({ folder, durability, maxBytes: 16 * 1024 * 1024 })
  engines.push(engine)
  return engine
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tromost-engine-'))
  folders.push(folder)
  return folder
}

testEngine('memory', async () => {
  const engine = new MemoryEngine()
  return { engine, openAgain: async () => engine.reopen() }
})

for (const durability of ['fsync', 'os'] as const) {
  testEngine(`embedded (${durability})`, async () => {
    const folder = createFolder()
    return { engine: openIn(folder, durability), openAgain: async () => openIn(folder, durability) }
  })
}

test('an embedded engine finds what was committed when it is opened the next time', async () => {
  const folder = createFolder()
  const first = openLmdbEngine({ folder, durability: 'fsync', maxBytes: 1024 })
  await first.commit([{ table: 'heads', key: ['head', 'kranj'], value: Buffer.from('kept') }])
  await first.close()
  expect((await openIn(folder, 'fsync').get('heads', ['head', 'kranj']))?.toString()).toBe('kept')
})

test('what was read and dropped does not wait for a full collection', async () => {
  const engine = openIn(createFolder(), 'os')
  await engine.commit([{ table: 'chunks', key: ['kranj', 0], value: Buffer.alloc(RECORD_BYTES, 1) }])
  const before = process.memoryUsage().arrayBuffers
  for (let count = 0; count < READS; count += 1) {
    const [entry] = await engine.range('chunks', { within: ['kranj'], from: ['kranj', 0], limit: 1 })
    expect(entry?.value).toHaveLength(RECORD_BYTES)
    collectGarbage({ type: 'minor' })
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan((READS * RECORD_BYTES) / 4)
})

test('a folder that cannot be made is an error that names it', () => {
  expect(() => openLmdbEngine({ folder: '/dev/null/journal', durability: 'fsync', maxBytes: 1024 })).toThrow(
    /^DATA_DIR_UNUSABLE: \/dev\/null\/journal: /,
  )
})
