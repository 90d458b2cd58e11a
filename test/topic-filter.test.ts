import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { coversFilter, isTopicFilter, matchesTopic } from '../src/topic-filter.ts'

/** Few enough levels that filters meet each other, and that all topics can be tried. */
const LEVELS = ['a', 'b', '', '$a']
const TOPICS = [1, 2, 3, 4].flatMap(getTopics).filter(topic => topic !== '')

const filters = fc
  .tuple(
    fc.array(fc.constantFrom(...LEVELS, '+', '+'), { maxLength: 3 }),
    fc.constantFrom<readonly string[]>([], ['#']),
  )
  .map(([levels, rest]) => [...levels, ...rest].join('/'))
  .filter(isTopicFilter)

describe('a topic filter', () => {
  test.each([
    'a',
    '/',
    '/a',
    'a/',
    '#',
    '+',
    'a/#',
    'a/+/b',
    '+/+',
    '/+',
    '$SYS/#',
    'sport/tennis/player1/#',
    'a b/č',
  ])('%j is one (4.7.1)', text => {
    expect(isTopicFilter(text)).toBe(true)
  })

  test.each(['', 'a#', 'a/#/b', '#/', '##', 'sport/tennis#', 'a+', '+a/b', 'sport+', 'a/++', 'a\0b', '\0'])(
    '%j is none (MQTT-4.7.1-2, MQTT-4.7.1-3, MQTT-4.7.3-1, MQTT-4.7.3-2)',
    text => {
      expect(isTopicFilter(text)).toBe(false)
    },
  )
})

describe('matching', () => {
  test.each([
    ['sport/tennis/player1', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['sport/#', 'sport'],
    ['#', 'sport/tennis'],
    ['#', '/'],
    ['sport/tennis/+', 'sport/tennis/player1'],
    ['sport/+', 'sport/'],
    ['+', 'finance'],
    ['+/+', '/finance'],
    ['/+', '/finance'],
    ['+/tennis/#', 'sport/tennis'],
    ['+/tennis/#', 'sport/tennis/player1/ranking'],
    ['$SYS/#', '$SYS/monitor/Clients'],
    ['$SYS/monitor/+', '$SYS/monitor/Clients'],
    ['a/$SYS/+', 'a/$SYS/b'],
    ['a/+', 'a/$SYS'],
  ])('%s selects %s', (filter, topic) => {
    expect(matchesTopic(filter, topic)).toBe(true)
  })

  test.each([
    ['sport/tennis/+', 'sport/tennis/player1/ranking'],
    ['sport/+', 'sport'],
    ['sport/#', 'sports'],
    ['sport/#', 'Sport/tennis'],
    ['+', '/finance'],
    ['+', '/'],
    ['a', '/a'],
    ['a', 'a/'],
    ['/a', 'a'],
    ['a/b', 'a'],
    ['a/+/c', 'a/c'],
    ['+/tennis/#', 'sport'],
    ['#', '$SYS'],
    ['#', '$SYS/monitor/Clients'],
    ['+/monitor/Clients', '$SYS/monitor/Clients'],
    ['+/#', '$SYS/monitor'],
    ['+', '$SYS'],
  ])('%s does not select %s', (filter, topic) => {
    expect(matchesTopic(filter, topic)).toBe(false)
  })
})

describe('covering', () => {
  test.each([
    ['#', '#'],
    ['#', '+/a/#'],
    ['#', 'a'],
    ['a/#', 'a'],
    ['a/#', 'a/#'],
    ['a/#', 'a/+/b'],
    ['a/+', 'a/+'],
    ['a/+', 'a/b'],
    ['+/+', '/+'],
    ['+/b/#', 'a/b/+/c'],
    ['$SYS/#', '$SYS/+'],
    ['a/b', 'a/b'],
  ])('%s covers %s', (allowed, asked) => {
    expect(coversFilter(allowed, asked)).toBe(true)
  })

  test.each([
    ['a', '#'],
    ['a', '+'],
    ['+', '#'],
    ['a/+', 'a/#'],
    ['a/+', 'a'],
    ['a/+', 'a/b/c'],
    ['a/b', 'a/+'],
    ['a/#', '#'],
    ['a/#', '+/b'],
    ['a/#', 'ab'],
    ['a/b/#', 'a/#'],
    ['#', '$SYS/#'],
    ['+/a', '$SYS/a'],
    ['$SYS/a', '+/a'],
    ['$SYS/#', '#'],
  ])('%s does not cover %s', (allowed, asked) => {
    expect(coversFilter(allowed, asked)).toBe(false)
  })

  test('what covers a filter selects every topic that it selects', () => {
    fc.assert(
      fc.property(filters, filters, (allowed, asked) => {
        fc.pre(coversFilter(allowed, asked))
        const missed = TOPICS.filter(topic => matchesTopic(asked, topic) && !matchesTopic(allowed, topic))
        expect(missed).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  test('what does not cover a filter would have missed a topic, unless both wildcards mean the same', () => {
    fc.assert(
      fc.property(filters, filters, (allowed, asked) => {
        // `+/#` selects as much as `#`; that it is not seen costs nobody a right that cannot be written otherwise.
        fc.pre(!coversFilter(allowed, asked) && !allowed.endsWith('+/#'))
        const isMissed = (topic: string) => matchesTopic(asked, topic) && !matchesTopic(allowed, topic)
        expect(TOPICS.some(isMissed)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('a topic is covered as if it was matched', () => {
    fc.assert(
      fc.property(filters, fc.constantFrom(...TOPICS), (filter, topic) => {
        expect(coversFilter(filter, topic)).toBe(matchesTopic(filter, topic))
      }),
    )
  })
})

function getTopics(length: number): readonly string[] {
  if (length === 1) return LEVELS
  return getTopics(length - 1).flatMap(start => LEVELS.map(level => `${start}/${level}`))
}
