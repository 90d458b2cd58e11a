/** What the journal took since a time: for those who keep something of each message, and save it less often than messages come. */
import type { Message } from '../reading.ts'
import { getChunkStoredAt, readMessages } from './chunk.ts'
import type { Engine } from './engine.ts'

/** About 200,000 messages: a fifth of a second of work, in parts. */
const SCAN_BYTES_MAX = 32 * 1024 * 1024

/** Newest chunk first, as far as a bound. Nothing of a chunk that cannot be read. */
export async function hearMessagesSince(
  engine: Pick<Engine, 'range'>,
  { tenant, since }: { readonly tenant: string; readonly since: number },
  hear: (message: Message) => void,
): Promise<void> {
  let bytes = 0
  let position = Number.MAX_SAFE_INTEGER
  while (position >= 0 && bytes < SCAN_BYTES_MAX) {
    const range = { within: [tenant], from: [tenant, position], limit: 1, backwards: true }
    const [entry] = await engine.range('chunks', range)
    if (entry === undefined || getChunkStoredAt(entry.value) < since) return
    readMessages(entry.value, tenant).forEach(hear)
    bytes += entry.value.length
    position = Number(entry.key[1]) - 1
    // Sensors wait for their PUBACK on this thread.
    await new Promise(resolve => setImmediate(resolve))
  }
}
