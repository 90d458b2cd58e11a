import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { loadSecretKey } from '../../src/registry/secret-key.ts'

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-key-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('the key is made at the first start, for its owner only, with the folder around it', () => {
  const dataDir = join(folder, 'a/data')
  const key = loadSecretKey(dataDir)
  expect(key).toHaveLength(32)
  expect(readFileSync(join(dataDir, 'secret.key'))).toEqual(key)
  expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
  expect(statSync(dataDir).mode & 0o027).toBe(0)
})

test('the key is the same ever after', () => {
  const key = loadSecretKey(folder)
  expect(loadSecretKey(folder)).toEqual(key)
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600)
})

test('every installation has a key of its own', () => {
  expect(loadSecretKey(join(folder, 'a'))).not.toEqual(loadSecretKey(join(folder, 'b')))
})

test('a key that is cut off is refused, and left as it is', () => {
  const path = join(folder, 'secret.key')
  writeFileSync(path, Buffer.alloc(31))
  expect(() => loadSecretKey(folder)).toThrow(
    expect.objectContaining({ code: 'DATA_DIR_UNUSABLE', detail: `${path}: expected 32 bytes, got 31` }),
  )
  expect(readFileSync(path)).toHaveLength(31)
})

test.each([
  ['the folder is a file', () => writeFileSync(join(folder, 'data'), '')],
  ['the key is a folder', () => mkdirSync(join(folder, 'data/secret.key'), { recursive: true })],
])('where %s, the data folder is told to be unusable', (_case, prepare) => {
  prepare()
  expect(() => loadSecretKey(join(folder, 'data'))).toThrow(
    expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }),
  )
})
