import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { FilterIndex } from '../../../src/ingest/store/filter-index.ts'

const level = fc.constantFrom('a', 'b', '', '$x', '__proto__')
const levels = (of: fc.Arbitrary<string>) => fc.array(of, { minLength: 1, maxLength: 4 })
const topics = levels(level).map(names => names.join('/'))
const filters = fc
  .tuple(levels(fc.oneof(level, fc.constant('+'))), fc.boolean())
  .map(([names, hasRest]) => [...names, ...(hasRest ? ['#'] : [])].join('/'))
const keys = fc.constantFrom('one', 'two', 'three')
/** Of a handful of filters, so that what is removed is often there. */
const changes = fc
  .array(fc.oneof(filters, fc.constant('#')), { minLength: 1, maxLength: 8 })
  .chain(some => fc.array(fc.record({ isAdded: fc.boolean(), filter: fc.constantFrom(...some), key: keys })))

/** By the words of MQTT 3.1.1, 4.7, as a regular expression. */
function selects(filter: string, topic: string): boolean {
  if (/^[+#]/.test(filter) && topic.startsWith('$')) return false
  const parts = filter.split('/').map(part => (part === '+' ? '[^/]*' : part.replaceAll('$', '\\$')))
  const pattern = parts.join('/').replace(/(?:^|\/)#$/, rest => (rest === '#' ? '.*' : '(?:/.*)?'))
  return new RegExp(`^${pattern}$`).test(topic)
}

test('gives what one filter after the other would give, whatever was added and removed before', () => {
  fc.assert(
    fc.property(changes, fc.array(topics, { minLength: 1 }), (all, asked) => {
      const index = new FilterIndex<string>()
      const known = new Map<string, string>()
      for (const [at, { isAdded, filter, key }] of all.entries()) {
        if (isAdded) index.add(filter, key, `${filter} ${key} ${at}`)
        else index.remove(filter, key)
        if (isAdded) known.set(`${filter} ${key}`, `${filter} ${key} ${at}`)
        else known.delete(`${filter} ${key}`)
      }
      for (const topic of asked) {
        const selected = [...known.values()].filter(value => selects(value.split(' ')[0] ?? '', topic))
        expect([...index.match(topic)].sort()).toEqual(selected.sort())
        expect(index.has(topic)).toBe(selected.length > 0)
      }
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['+', '/a', false],
  ['+/+', '/a', true],
  ['/+', '/a', true],
  ['a/+', 'a', false],
  ['a/+', 'a/', true],
  ['#', '$SYS/a', false],
  ['+/a', '$SYS/a', false],
  ['$SYS/#', '$SYS/a', true],
  ['$SYS/+', '$SYS/a', true],
])('%s selects %s: %p', (filter, topic, isSelected) => {
  const index = new FilterIndex<true>()
  index.add(filter, 'one', true)
  expect([index.has(topic), selects(filter, topic)]).toEqual([isSelected, isSelected])
})

test('a filter that is removed takes none of those with it that begin or end like it', () => {
  const index = new FilterIndex<string>()
  for (const filter of ['a', 'a/b', 'a/b/c', 'a/+']) index.add(filter, 'one', filter)
  for (const filter of ['a/b', 'a', 'a/b/c/d', 'b']) index.remove(filter, 'one')
  expect(['a', 'a/b', 'a/b/c'].map(topic => [...index.match(topic)])).toEqual([[], ['a/+'], ['a/b/c']])
})
