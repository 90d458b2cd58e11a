import { beforeEach, describe, expect, test } from '@jest/globals'
import { Audience } from '../../src/ingest/audience.ts'

let audience: Audience

beforeEach(() => {
  audience = new Audience()
})

describe('a topic has an audience', () => {
  test('when somebody subscribes to it, by name or by wildcard', () => {
    audience.add('a', ['news/sport', 'dev/+/down'])
    expect(['news/sport', 'dev/7/down', 'news', 'dev/7/up'].map(topic => audience.has(topic))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('until the last one has unsubscribed', () => {
    audience.add('a', ['news'])
    audience.add('b', ['news', 'weather'])
    audience.remove('a', ['news'])
    expect(audience.has('news')).toBe(true)
    audience.remove('b', ['news'])
    expect([audience.has('news'), audience.has('weather')]).toEqual([false, true])
  })

  test('until its listener begins a new session', () => {
    audience.add('a', ['news'])
    audience.add('b', ['weather'])
    audience.forget('a')
    expect([audience.has('news'), audience.has('weather')]).toEqual([false, true])
  })

  test('however often it was asked for before', () => {
    audience.add('z', ['weather'])
    expect(audience.has('news')).toBe(false)
    audience.add('a', ['news'])
    expect(audience.has('news')).toBe(true)
    audience.add('b', ['x'])
    audience.forget('a')
    expect(audience.has('news')).toBe(false)
  })

  test('once, though one client subscribes twice', () => {
    audience.add('a', ['news'])
    audience.add('a', ['news', 'weather'])
    audience.remove('a', ['news'])
    expect([audience.has('news'), audience.has('weather')]).toEqual([false, true])
  })
})

test('what nobody has subscribed to may be removed and forgotten', () => {
  audience.remove('a', ['news'])
  audience.forget('a')
  expect(audience.has('news')).toBe(false)
})

test('more topics than it remembers are still told apart', () => {
  audience.add('a', ['dev/+/down'])
  const topics = Array.from({ length: 25_000 }, (_, index) => `dev/${index}/${index % 2 ? 'down' : 'up'}`)
  const found = [...topics, ...topics].filter(topic => audience.has(topic))
  expect(found).toHaveLength(25_000)
  expect(found.every(topic => topic.endsWith('down'))).toBe(true)
})
