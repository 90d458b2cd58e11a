/** The key of this installation's keyed hashes: 32 random bytes in the data folder, made at the first start, readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getMessage, TromostError } from '../errors.ts'

const KEY_BYTES = 32
const FILE_NAME = 'secret.key'

export function loadSecretKey(dataDir: string): Buffer {
  const path = join(dataDir, FILE_NAME)
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 })
    // Fails when it is there already: two starts at once must end up with one key.
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!isExisting(error)) throw new TromostError('DATA_DIR_UNUSABLE', getMessage(error), { cause: error })
  }
  const key = readFileSync(path)
  if (key.length !== KEY_BYTES) {
    throw new TromostError('DATA_DIR_UNUSABLE', `${path}: expected ${KEY_BYTES} bytes, got ${key.length}`)
  }
  return key
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
