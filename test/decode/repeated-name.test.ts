import { describe, expect, test } from '@jest/globals'
import { watchNames } from '../../src/decode/repeated-name.ts'
import { createMessage } from './create-message.ts'

const READINGS = [{ values: {}, observedAt: 0 }]

/** What is told of payloads that come one after the other. */
function watch(payloads: readonly string[]): readonly string[] {
  const told: string[] = []
  const decode = watchNames(
    () => READINGS,
    name => told.push(name),
  )
  for (const payload of payloads) expect(decode(createMessage(payload))).toBe(READINGS)
  return told
}

describe('a name that JSON gives twice', () => {
  test.each([
    ['{"t":1,"t":2}', ['t']],
    [' \n[{"t":1},{"a":{"x":1,"y":[],"x":2}}]', ['x']],
    ['{"a":{"t":1},"t":{"t":2},"l":[{"t":1},{"t":1}]}', []],
    ['{"a":"t\\":","b":"\\"a\\":1","c":"{\\"c\\":"}', []],
    ['{"t":"t","h":"t"}', []],
    ['t|1|t|2', []],
    ['"t":1,"t":2', []],
    [`{"t":1,"x":"${'x'.repeat(20_000)}","t":2}`, []],
    [`{"t":1,"t":2,"x":"${'x'.repeat(16_384 - 20)}"}`, ['t']],
    [`{"t":1,"t":2,"x":"${'x'.repeat(16_384 - 19)}"}`, []],
    [`"t":1,"t":2,"${'x'.repeat(20_000)}":1`, []],
    ['x {"t":1,"t":2}', []],
  ])('of %.60j is told: %j', (payload, names) => {
    expect(watch([payload])).toEqual(names)
  })

  test('is told once', () => {
    expect(watch(['{"t":1}', '{"t":1,"t":2}', '{"h":1,"h":2}'])).toEqual(['t'])
  })

  test('is looked for in the first messages, and then in one of a thousand', () => {
    const plain = (count: number) => Array.from({ length: count }, () => '{"t":1}')
    expect(watch([...plain(99), '{"t":1,"t":2}'])).toEqual(['t'])
    expect(watch([...plain(100), '{"t":1,"t":2}'])).toEqual([])
    expect(watch([...plain(999), '{"t":1,"t":2}'])).toEqual(['t'])
  })
})
