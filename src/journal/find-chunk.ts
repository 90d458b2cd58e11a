/** Where a message is on disk. */
import { getChunkCount } from './chunk.ts'
import type { Engine, Entry } from './engine.ts'

/** The chunk that holds a position, or the first one after it. */
export async function findChunk(
  engine: Engine,
  tenant: string,
  position: number,
): Promise<Entry | undefined> {
  const within = [tenant]
  const from = [tenant, position]
  const [next] = await engine.range('chunks', { within, from, limit: 1 })
  if (next !== undefined && Number(next.key[1]) === position) return next
  const [before] = await engine.range('chunks', { within, from, limit: 1, backwards: true })
  const holdsPosition = before !== undefined && Number(before.key[1]) + getChunkCount(before.value) > position
  return holdsPosition ? before : next
}
