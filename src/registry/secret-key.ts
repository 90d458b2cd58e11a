/** The key of this installation's keyed hashes: 32 random bytes in the data folder, made at the first start, readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getMessage, TromostError } from '../errors.ts'

const KEY_BYTES = 32
const FILE_NAME = 'secret.key'

export function loadSecretKey(dataDir: string): Buffer {
  const path = join(dataDir, FILE_NAME)
  const key = openKey(dataDir, path)
  if (key.length !== KEY_BYTES) {
    throw new TromostError('DATA_DIR_UNUSABLE', `${path}: expected ${KEY_BYTES} bytes, got ${key.length}`)
  }
  return key
}

function openKey(dataDir: string, path: string): Buffer {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 })
    makeKey(path)
    return readFileSync(path)
  } catch (error) {
    throw new TromostError('DATA_DIR_UNUSABLE', getMessage(error), { cause: error })
  }
}

/** Leaves a key that is there already: two starts at once must end up with one. */
function makeKey(path: string): void {
  try {
    writeFileSync(path, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!isExisting(error)) throw error
  }
}

function isExisting(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST'
}
