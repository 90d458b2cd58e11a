/** The last messages of one device, read back from the end of the journal; as far as a bound, because they may be far apart. */
import type { Message } from '../reading.ts'
import { getChunkStoredAt, readMessages } from './chunk.ts'
import type { Engine, Entry } from './engine.ts'

interface StoredMessage {
  readonly position: number
  readonly message: Message
  /** When it was put on disk, in milliseconds since the epoch. */
  readonly storedAt: number
}

export interface MessagesOfDevice {
  /** Newest first. */
  readonly messages: readonly StoredMessage[]
  /** Messages of all devices that were looked at. */
  readonly scanned: number
  /** Whether the search went to the oldest message of the journal, or found as many as it wanted. */
  readonly isComplete: boolean
}

/** About 200,000 messages: a fifth of a second of work, in parts. */
const SCAN_BYTES_MAX = 32 * 1024 * 1024

export async function readMessagesOfDevice(
  engine: Engine,
  { tenant, device, limit }: { readonly tenant: string; readonly device: string; readonly limit: number },
): Promise<MessagesOfDevice> {
  const messages: StoredMessage[] = []
  let scanned = 0
  let bytes = 0
  let position = Number.MAX_SAFE_INTEGER
  while (position >= 0 && messages.length < limit) {
    if (bytes > SCAN_BYTES_MAX) return { messages, scanned, isComplete: false }
    const range = { within: [tenant], from: [tenant, position], limit: 1, backwards: true }
    const [entry] = await engine.range('chunks', range)
    if (entry === undefined) break
    const found = readChunk(entry, tenant)
    messages.push(
      ...found.filter(({ message }) => message.device === device).slice(0, limit - messages.length),
    )
    scanned += found.length
    bytes += entry.value.length
    position = Number(entry.key[1]) - 1
    // Sensors wait for their PUBACK on this thread.
    await new Promise(resolve => setImmediate(resolve))
  }
  return { messages, scanned, isComplete: true }
}

/** Newest first. */
function readChunk({ key, value }: Entry, tenant: string): readonly StoredMessage[] {
  const start = Number(key[1])
  const storedAt = getChunkStoredAt(value)
  return readMessages(value, tenant)
    .map((message, index) => ({ position: start + index, message, storedAt }))
    .reverse()
}
