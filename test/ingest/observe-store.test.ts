import { beforeEach, describe, expect, test } from '@jest/globals'
import { type ObservedStore, observeStore } from '../../src/ingest/observe-store.ts'
import type { Message } from '../../src/reading.ts'
import { Observed } from './test-ingest.ts'

const AT = Date.UTC(2026, 0, 15)

let observed: Observed
let store: ObservedStore

beforeEach(() => {
  observed = new Observed()
  store = observeStore((_message, done) => done(), observed)
})

function send(atMs: number, topic?: { heardAt: number }): void {
  const payload = Buffer.from('{}')
  const message: Message = {
    tenant: 'kranj',
    device: 'd1',
    topic: 't/d1',
    payload,
    receivedAt: AT + atMs,
    qos: 1,
  }
  store(message, () => {}, undefined, topic)
}

describe('who is heard', () => {
  test('a device that sends often on one topic is heard once in a second', () => {
    const topic = { heardAt: 0 }
    for (const atMs of [0, 1, 999, 1_000, 1_500, 2_000]) send(atMs, topic)
    expect(observed.heardAt).toEqual([AT, AT + 1_000, AT + 2_000])
    expect(observed.receivedByQos).toEqual([0, 6, 0])
  })

  test('a clock that was set back keeps nobody from being heard', () => {
    const topic = { heardAt: 0 }
    send(0, topic)
    send(-3_600_000, topic)
    expect(observed.heardAt).toEqual([AT, AT - 3_600_000])
  })

  test('a message that came on no connection is always heard', () => {
    send(0)
    send(1)
    expect(observed.heardAt).toEqual([AT, AT + 1])
  })
})
