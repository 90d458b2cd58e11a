/** Puts what is sent on disk, bounded, and removes it again: an archive is checked as a whole before anything of it is used. */
import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TromostError } from '../errors.ts'

export interface SpoolOptions {
  /** A folder of its own. */
  readonly folder: string
  readonly bytesMax: number
  readonly isDiskFull: () => boolean
}

const LOOK_BYTES = 16 * 1024 * 1024

/** The file is gone when this resolves or rejects. */
export async function withSpool<R>(
  body: Readable,
  { folder, bytesMax, isDiskFull }: SpoolOptions,
  use: (path: string) => Promise<R>,
): Promise<R> {
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const path = join(folder, `${randomUUID()}.tar`)
  try {
    await pipeline(
      body,
      async function* (parts: AsyncIterable<Buffer>) {
        let [bytes, looked] = [0, 0]
        for await (const part of parts) {
          bytes += part.length
          if (bytes > bytesMax)
            throw new TromostError('ARCHIVE_INVALID', `expected at most ${bytesMax} bytes, got more`)
          if (bytes - looked >= LOOK_BYTES || looked === 0) {
            if (isDiskFull())
              throw new TromostError('DISK_FULL', 'expected room for the archive beside journal.diskReserve')
            looked = bytes
          }
          yield part
        }
      },
      createWriteStream(path, { mode: 0o600 }),
    )
    return await use(path)
  } finally {
    rmSync(path, { force: true })
  }
}

/** What an agent that died in the middle of an import has left. */
export function clearSpool(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
