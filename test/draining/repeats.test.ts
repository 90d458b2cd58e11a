import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type DecodeAgain, Repeats } from '../../src/draining/repeats.ts'
import type { Message, MessageIdentity, Reading } from '../../src/reading.ts'
import { createMessage } from '../support/messages.ts'

const NOW = Date.UTC(2026, 0, 15, 9)
const MINUTE_MS = 60_000

let repeats: Repeats
let position: number

beforeEach(() => {
  repeats = new Repeats()
  position = 0
})

/** What `decode` gives, for payloads such as `21.5`, `21.5@<time>` or `21.5-<age>`: a value, observed when it was received, then, or before. */
const decode: DecodeAgain = ({ payload, receivedAt }) => {
  const [, kind = '', number = ''] = /^[\d.]+([@-])?(\d+)?$/.exec(payload.toString()) ?? []
  if (kind === '@') return [{ values: {}, observedAt: Number(number) }]
  return [{ values: {}, observedAt: receivedAt - (kind === '-' ? Number(number) : 0) }]
}

function takeMessage(
  message: Partial<Message>,
  decodeAgain: DecodeAgain | 'never' = decode,
  readings = decode(createMessage(message)),
): 'duplicate' | 'news' {
  const whole = createMessage(message)
  const isRedelivered = repeats.isRedelivered(whole)
  const earlierAt = repeats.meet(whole, position)
  position += 1
  const isRepeat =
    isRedelivered ||
    repeats.isRepeat(whole, readings, earlierAt, decodeAgain === 'never' ? undefined : decodeAgain)
  return isRepeat ? 'duplicate' : 'news'
}

/** A text message that was received so long after the first one. */
function take(text: string, afterMs = 0, change: Partial<Message> = {}) {
  return takeMessage({ payload: Buffer.from(text), receivedAt: NOW + afterMs, ...change })
}

function takeUplink(identity: Partial<MessageIdentity>, change: Partial<Message> = {}) {
  const whole = { payload: Buffer.from(`${position}`), ...change }
  const readings: readonly Reading[] = [
    { values: {}, observedAt: NOW, identity: { heardAt: NOW, ...identity } },
  ]
  return takeMessage(whole, decode, readings)
}

describe('the same bytes', () => {
  test('without a time in them are another reading each minute', () => {
    expect([take('21.5'), take('21.5', MINUTE_MS), take('21.5', 2 * MINUTE_MS)]).toEqual([
      'news',
      'news',
      'news',
    ])
  })

  test('without a time in them are another reading also in the same millisecond', () => {
    expect([take('21.5'), take('21.5')]).toEqual(['news', 'news'])
  })

  test('with a time in them are the same reading, however late they come again', () => {
    const text = `21.5@${NOW - 5_000}`
    expect([take(text), take(text, 1), take(text, 300 * MINUTE_MS)]).toEqual([
      'news',
      'duplicate',
      'duplicate',
    ])
  })

  test('with another time are another reading', () => {
    expect([take(`21.5@${NOW}`, 5), take(`21.5@${NOW + 1}`, 5)]).toEqual(['news', 'news'])
  })

  test('with a time that counts from now are another reading', () => {
    expect([take('21.5-3000'), take('21.5-3000', MINUTE_MS)]).toEqual(['news', 'news'])
  })

  test('on another topic are another reading', () => {
    const text = `21.5@${NOW - 5_000}`
    expect([take(text), take(text, 1, { topic: 'tromost/sensor-2/up' })]).toEqual(['news', 'news'])
  })

  test('are another reading where decoding cannot be asked again', () => {
    const message = { payload: Buffer.from(`1@${NOW}`), receivedAt: NOW + 5 }
    expect([takeMessage(message, 'never'), takeMessage(message, 'never')]).toEqual(['news', 'news'])
  })
})

describe('a PUBLISH with DUP', () => {
  const again = { packetId: 7, isRedelivery: true }

  test('is the message that came with its packet id before', () => {
    expect([take('21.5', 0, { packetId: 7 }), take('21.5', 1_000, again)]).toEqual(['news', 'duplicate'])
  })

  test('is the first where nothing came before, and is known then', () => {
    expect([take('21.5', 0, again), take('21.5', 1_000, again)]).toEqual(['news', 'duplicate'])
  })

  test.each([
    ['other bytes', '21.6', 1_000, again],
    ['another packet id', '21.5', 1_000, { ...again, packetId: 8 }],
    ['another topic', '21.5', 1_000, { ...again, topic: 'tromost/sensor-2/up' }],
    ['no DUP', '21.5', 1_000, { packetId: 7 }],
    ['more than ten minutes between', '21.5', 10 * MINUTE_MS + 1, again],
  ])('is another message with %s', (_name, text, afterMs, change) => {
    expect([take('21.5', 0, { packetId: 7 }), take(text, afterMs, change)]).toEqual(['news', 'news'])
  })

  test('is recognised after the clock was set back', () => {
    expect([take('21.5', 0, { packetId: 7 }), take('21.5', -5 * MINUTE_MS, again)]).toEqual([
      'news',
      'duplicate',
    ])
  })
})

describe('an uplink', () => {
  test('that three gateways heard is one, whatever else is in the envelope', () => {
    const frame = '118 AXVk'
    expect([takeUplink({ frame }), takeUplink({ frame, heardAt: NOW + 900 }), takeUplink({ frame })]).toEqual(
      ['news', 'duplicate', 'duplicate'],
    )
  })

  test.each([
    ['other bytes', { frame: '118 AXVl' }, {}],
    ['another count', { frame: '119 AXVk' }, {}],
    ['another device', { frame: '118 AXVk' }, { device: 'sensor-2' }],
    ['more than two minutes between', { frame: '118 AXVk', heardAt: NOW + 2 * MINUTE_MS + 1 }, {}],
  ])('is another with %s, as after a join', (_name, identity, change) => {
    expect([takeUplink({ frame: '118 AXVk' }), takeUplink(identity, change)]).toEqual(['news', 'news'])
  })

  test('with an id that came before is the same, whenever it comes', () => {
    const first = takeUplink({ id: 'a', frame: '1 A' })
    const second = takeUplink({ id: 'a', frame: '2 B', heardAt: NOW + 3_600_000 })
    expect([first, second, takeUplink({ id: 'b', frame: '3 C' })]).toEqual(['news', 'duplicate', 'news'])
  })

  test('of another device may have the same id', () => {
    expect([takeUplink({ id: 'a' }), takeUplink({ id: 'a' }, { device: 'sensor-2' })]).toEqual([
      'news',
      'news',
    ])
  })
})

test('what was read back from the journal is known', () => {
  const uplink = createMessage({ topic: 'application/1/device/sensor-1/event/up' })
  const plain = createMessage({ payload: Buffer.from('21.5'), receivedAt: NOW, packetId: 7 })
  const identity = { frame: '118 AXVk', heardAt: NOW }
  repeats.recall([plain, uplink], message => (message === uplink ? identity : undefined))
  expect(take('21.5', 1_000, { packetId: 7, isRedelivery: true })).toBe('duplicate')
  expect(takeUplink({ frame: '118 AXVk' })).toBe('duplicate')
})

test('a lane that was set back delivers everything again', () => {
  const text = `21.5@${NOW - 5_000}`
  take(text)
  take(text)
  position = 0
  expect([take(text), take(text)]).toEqual(['news', 'duplicate'])
})

test('of random messages exactly those are duplicates that came before with the same bytes and time', () => {
  const message = fc.record({
    topic: fc.constantFrom('tromost/a/up', 'tromost/b/up'),
    value: fc.integer({ min: 1, max: 3 }),
    time: fc.option(fc.integer({ min: 1, max: 3 }).map(second => NOW - second * 1_000)),
  })
  fc.assert(
    fc.property(fc.array(message), messages => {
      repeats = new Repeats()
      position = 0
      const seen = new Set<string>()
      for (const { topic, value, time } of messages) {
        const text = time === null ? `${value}` : `${value}@${time}`
        const expected = time !== null && seen.has(`${topic} ${text}`) ? 'duplicate' : 'news'
        seen.add(`${topic} ${text}`)
        expect(take(text, position, { topic })).toBe(expected)
      }
    }),
  )
})

test('the last 10,000 messages are known, also with an id and a frame counter each', () => {
  for (let id = 0; id < 100_000; id++) takeUplink({ id: `${id}`, frame: `${id} A` })
  expect(takeUplink({ id: '90000' })).toBe('duplicate')
  expect(takeUplink({ id: '0' })).toBe('news')
})
