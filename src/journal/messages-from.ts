/** All messages that the journal has of a tenant, oldest first, read as they are asked for. */
import type { Message } from '../reading.ts'
import { readMessages } from './chunk.ts'
import type { Engine, Entry } from './engine.ts'

const PAGE_CHUNKS = 16

/** Nothing of a chunk that cannot be read, and nothing that comes after the end was reached. */
export async function* readMessagesFrom(
  engine: Pick<Engine, 'range'>,
  tenant: string,
): AsyncGenerator<{ readonly position: number; readonly message: Message }> {
  let from = 0
  let page: readonly Entry[]
  do {
    page = await engine.range('chunks', { within: [tenant], from: [tenant, from], limit: PAGE_CHUNKS })
    for (const { key, value } of page) {
      const start = Number(key[1])
      from = start + 1
      for (const [index, message] of readMessages(value, tenant).entries())
        yield { position: start + index, message }
    }
    // Sensors wait for their PUBACK on this thread.
    await new Promise(resolve => setImmediate(resolve))
  } while (page.length === PAGE_CHUNKS)
}
