import { ChunkReader } from '../../src/journal/chunk.ts'
import type { Message } from '../../src/reading.ts'

/** All messages of a record of the tenant kranj. */
export function readChunk(chunk: Buffer): readonly Message[] {
  return new ChunkReader(chunk, 'kranj').take(Number.POSITIVE_INFINITY)
}
