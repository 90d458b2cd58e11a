/** Takes what a device sent out of the journal, while no lane reads it: its messages become zeros of their length, which count as discarded where they waited. */
import type { Message } from '../reading.ts'
import { ChunkReader, ChunkWriter, getChunkStoredAt, toForgotten } from './chunk.ts'
import type { Engine, Entry } from './engine.ts'

export interface ForgetOrder {
  readonly tenant: string
  readonly isMeant: (message: Pick<Message, 'device' | 'topic'>) => boolean
  /** Counts, and changes nothing. */
  readonly dryRun: boolean
}

export interface ForgottenMessages {
  readonly messages: number
  /** Records that cannot be read, and so cannot be searched. */
  readonly unreadable: number
}

const PAGE_CHUNKS = 16

/** Oldest first. What is stored after it has come to the end stays. */
export async function forgetMessages(engine: Engine, order: ForgetOrder): Promise<ForgottenMessages> {
  const { tenant } = order
  let [messages, unreadable] = [0, 0]
  let from = 0
  let page: readonly Entry[]
  do {
    page = await engine.range('chunks', { within: [tenant], from: [tenant, from], limit: PAGE_CHUNKS })
    for (const entry of page) {
      from = Number(entry.key[1]) + 1
      const blanked = blank(entry.value, order)
      if (blanked === undefined) unreadable += 1
      messages += blanked?.messages ?? 0
      if (blanked === undefined || blanked.messages === 0 || order.dryRun) continue
      await engine.commit([{ table: 'chunks', key: entry.key, value: blanked.chunk }])
    }
    // Answers of brokers and questions have their turn between two parts.
    await new Promise(resolve => setImmediate(resolve))
  } while (page.length === PAGE_CHUNKS)
  return { messages, unreadable }
}

/** Nothing for a record that cannot be read. */
function blank(
  chunk: Buffer,
  { tenant, isMeant }: ForgetOrder,
): { readonly chunk: Buffer; readonly messages: number } | undefined {
  const all = read(chunk, tenant)
  if (all === undefined) return undefined
  const isGone = (message: Message) => message.isForgotten !== true && isMeant(message)
  const messages = all.filter(isGone).length
  if (messages === 0) return { chunk, messages }
  const writer = new ChunkWriter()
  for (const message of all) writer.append(isGone(message) ? toForgotten(message) : message)
  return { chunk: writer.finish(getChunkStoredAt(chunk)), messages }
}

function read(chunk: Buffer, tenant: string): readonly Message[] | undefined {
  try {
    return new ChunkReader(chunk, tenant).take(Number.POSITIVE_INFINITY)
  } catch {
    return undefined
  }
}
