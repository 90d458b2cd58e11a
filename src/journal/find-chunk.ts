/** Where messages are on disk. */
import { getChunkCount } from './chunk.ts'
import type { Engine, Entry } from './engine.ts'

/** The chunk that holds a position, or the first one after it. */
export async function findChunk(
  engine: Engine,
  tenant: string,
  position: number,
): Promise<Entry | undefined> {
  const next = await findNextChunk(engine, tenant, position)
  if (next !== undefined && Number(next.key[1]) === position) return next
  const place = { within: [tenant], from: [tenant, position] }
  const [before] = await engine.range('chunks', { ...place, limit: 1, backwards: true })
  const holdsPosition = before !== undefined && Number(before.key[1]) + getChunkCount(before.value) > position
  return holdsPosition ? before : next
}

/** The first chunk that begins at a position or after it. */
export async function findNextChunk(
  engine: Engine,
  tenant: string,
  position: number,
): Promise<Entry | undefined> {
  const [next] = await engine.range('chunks', { within: [tenant], from: [tenant, position], limit: 1 })
  return next
}
