import { expect, test } from '@jest/globals'
import { AttributeSets } from '../../src/draining/attribute-sets.ts'
import { hashText } from '../../src/hash.ts'

test('attributes that come together share a mark, in whichever list they come', () => {
  const sets = new AttributeSets()
  const { key, isShared } = sets.find(['t', 'h'])
  expect([isShared, sets.find(['t', 'h']).key === key, sets.find(['t', 'b']).key === key]).toEqual([
    true,
    true,
    false,
  ])
  expect(sets.listKeysWith(hashText('h'))).toEqual([key])
})

test('an attribute that comes alone has its own mark', () => {
  const sets = new AttributeSets()
  expect(sets.find(['t'])).toEqual({ key: hashText('t'), names: [hashText('t')], isShared: true })
  expect(sets.size).toBe(0)
})

test('the 257th set is none, and the others stay', () => {
  const sets = new AttributeSets()
  for (let number = 0; number < 256; number++) sets.find(['t', `n${number}`])
  expect([sets.find(['t', 'x']).isShared, sets.find(['t', 'n255']).isShared, sets.size]).toEqual([
    false,
    true,
    256,
  ])
})

test('sets are as they were after they were written and read', () => {
  const sets = new AttributeSets()
  const keys = [sets.find(['t', 'h']).key, sets.find(['t', 'h', 'b']).key]
  const read = new AttributeSets(sets.toRecord())
  expect(read.listKeysWith(hashText('t'))).toEqual(keys)
  expect(read.get(keys[1] ?? 0)?.names).toEqual(['t', 'h', 'b'].map(name => hashText(name)))
})
