/** Messages that a lane has passed and that the journal still has. */
import type { Message } from '../reading.ts'
import { getChunkStoredAt, readMessages } from './chunk.ts'
import type { Engine } from './engine.ts'

export interface ReadBack {
  /** The position that the messages are before. */
  readonly before: number
  readonly most: number
  /** What was stored earlier is left where it is; in milliseconds since the epoch. */
  readonly since: number
}

const PAGE_CHUNKS = 16

/** The last messages before a position, oldest first. What cannot be read is passed over, as it was by the lane. */
export async function readBack(
  engine: Engine,
  tenant: string,
  options: ReadBack,
): Promise<readonly Message[]> {
  const { before, most, since } = options
  const chunks: (readonly Message[])[] = []
  let count = 0
  let end = before
  while (end > 0 && count < most) {
    const place = { within: [tenant], from: [tenant, end - 1] }
    const page = await engine.range('chunks', { ...place, limit: PAGE_CHUNKS, backwards: true })
    for (const { key, value } of page) {
      const start = Number(key[1])
      const messages = readMessages(value, tenant).slice(0, end - start)
      end = start
      if (count >= most || getChunkStoredAt(value) < since) return join(chunks, most)
      chunks.push(messages)
      count += messages.length
    }
    if (page.length < PAGE_CHUNKS) break
  }
  return join(chunks, most)
}

function join(newestFirst: readonly (readonly Message[])[], most: number): readonly Message[] {
  return newestFirst.toReversed().flat().slice(-most)
}
