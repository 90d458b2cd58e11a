import type { Message } from '../../src/reading.ts'

export const RECEIVED_AT = Date.parse('2026-01-15T09:00:00Z')

export function createMessage(payload: string | Buffer, topic = 'tromost/d1/up'): Message {
  return {
    tenant: 'kranj',
    device: 'd1',
    topic,
    payload: Buffer.from(payload),
    receivedAt: RECEIVED_AT,
    qos: 1,
  }
}
