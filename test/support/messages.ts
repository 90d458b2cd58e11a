/** Messages and answers for tests of the journal. */
import type { Journal } from '../../src/journal/journal.ts'
import type { Message } from '../../src/reading.ts'

export function createMessage(change: Partial<Message> = {}): Message {
  return {
    tenant: 'kranj',
    device: 'sensor-1',
    topic: 'tromost/sensor-1/up',
    payload: Buffer.from('{"t":21}'),
    receivedAt: 1_700_000_000_000,
    qos: 1,
    ...change,
  }
}

/** Appends, and resolves when the journal has answered: with the error, where there is one. */
export function append(journal: Journal, message: Message): Promise<Error | undefined> {
  return new Promise(resolve => journal.append(message, resolve))
}
