import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type WaitingPacket, WaitingQueue } from '../../../src/ingest/store/waiting-queue.ts'

let queue: WaitingQueue

beforeEach(() => {
  queue = new WaitingQueue({ queueMessages: 3, queueBytes: 10 })
})

function createPacket(brokerCounter: number, payload = '', topic = 'a'): WaitingPacket {
  const flags = { qos: 1, retain: false, dup: false, messageId: undefined } as const
  return { cmd: 'publish', brokerId: 'b', brokerCounter, topic, payload: Buffer.from(payload), ...flags }
}

function numbers(of = queue): readonly number[] {
  return of.list().map(({ brokerCounter }) => brokerCounter)
}

describe('what waits', () => {
  test('comes in its order, the oldest having made room for messages beyond the bound', () => {
    expect([1, 2, 3, 4].map(number => queue.add(createPacket(number)))).toEqual([0, 0, 0, 1])
    expect(numbers()).toEqual([2, 3, 4])
  })

  test('makes room by its bytes as well, also when nothing is left', () => {
    queue.add(createPacket(1, '1234'))
    queue.add(createPacket(2, '1234'))
    expect(queue.add(createPacket(3, '123456789'))).toBe(2)
    expect(numbers()).toEqual([3])
    expect(queue.add(createPacket(4, '12345678901'))).toBe(2)
    expect(numbers()).toEqual([])
    expect(queue.add(createPacket(5, '1234567890'))).toBe(0)
  })

  test('is found by its number until it is sent, and then by its packet id', () => {
    queue.add(createPacket(1))
    queue.update({ brokerCounter: 1, messageId: 7 })
    expect(queue.remove({ messageId: 8 })).toBeUndefined()
    expect(queue.remove({ messageId: 7 })).toMatchObject({ brokerCounter: 1, messageId: 7 })
    expect(queue.remove({ messageId: 7 })).toBeUndefined()
    expect(queue.size).toBe(0)
  })

  test('is found by the packet id that it was given last', () => {
    queue.add(createPacket(1))
    queue.update({ brokerCounter: 1, messageId: 7 })
    queue.update({ brokerCounter: 1, messageId: 8 })
    expect(queue.remove({ messageId: 7 })).toBeUndefined()
    expect(queue.remove({ messageId: 8 })).toMatchObject({ brokerCounter: 1 })
  })

  test('of which only the PUBREL is left costs no bytes, and keeps its place', () => {
    queue.add(createPacket(1, '1234567890'))
    queue.update({ brokerCounter: 1, messageId: 7 })
    queue.update({ cmd: 'pubrel', messageId: 7 })
    expect(queue.add(createPacket(2, '1234567890'))).toBe(0)
    expect(queue.list().map(({ cmd }) => cmd)).toEqual(['pubrel', 'publish'])
    expect(queue.remove({ messageId: 7 })).toMatchObject({ cmd: 'pubrel' })
  })

  test('and was sent comes again as such, and a PUBREL as it is', () => {
    for (const number of [1, 2, 3]) queue.add(createPacket(number))
    queue.update({ brokerCounter: 1, messageId: 1 })
    queue.update({ brokerCounter: 2, messageId: 2 })
    queue.update({ cmd: 'pubrel', messageId: 2 })
    queue.markSent()
    expect(queue.list().map(({ dup }) => dup)).toEqual([true, false, false])
  })

  test('and may not be received any more is dropped with its bytes', () => {
    queue.add(createPacket(1, '12345', 'mine'))
    queue.add(createPacket(2, '12345', 'other'))
    queue.narrow(topic => topic === 'mine')
    expect([numbers(), queue.add(createPacket(3, '12345'))]).toEqual([[1], 0])
  })
})

test('keeps the newest that fit, whatever is added and acknowledged', () => {
  const steps = fc.oneof(
    fc.record({ bytes: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ removed: fc.integer({ min: 0, max: 40 }) }),
  )
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), all => {
      const tested = new WaitingQueue({ queueMessages: 4, queueBytes: 20 })
      let model: { readonly number: number; readonly bytes: number }[] = []
      for (const [number, step] of all.entries()) {
        if ('removed' in step) {
          tested.remove({ brokerCounter: step.removed })
          model = model.filter(({ number: other }) => other !== step.removed)
          continue
        }
        tested.add(createPacket(number, 'x'.repeat(step.bytes)))
        model.push({ number, bytes: step.bytes })
        const isTooMuch = () => model.length > 4 || model.reduce((sum, { bytes }) => sum + bytes, 0) > 20
        while (isTooMuch()) model.shift()
      }
      expect(numbers(tested)).toEqual(model.map(({ number }) => number))
    }),
  )
})
