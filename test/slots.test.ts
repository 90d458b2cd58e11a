import { expect, test } from '@jest/globals'
import { Slots } from '../src/slots.ts'

test('a key has one slot, which is empty at first and again when it was emptied', () => {
  const slots = new Slots<string, number>()
  const slot = slots.get('a')
  expect(slot.value).toBeUndefined()
  slot.value = 1
  expect(slots.get('a')).toBe(slot)
  slot.value = undefined
  expect(slots.get('a').value).toBeUndefined()
  expect([...slots.values()]).toEqual([])
})

test('nothing is a key like any other', () => {
  const slots = new Slots<string | undefined, number>()
  slots.get(undefined).value = 1
  slots.get('a').value = 2
  expect(slots.get(undefined).value).toBe(1)
})

test('slots in use outlast any number of others, and of those it keeps a bounded number', () => {
  const slots = new Slots<number, string>()
  for (let key = 0; key < 20_000; key++) slots.get(key).value = `kept ${key}`
  const empty = slots.get(-1)
  for (let key = -1; key > -400_000; key--) {
    const slot = slots.get(key)
    slot.value = 'passing'
    slot.value = undefined
  }
  expect(slots.get(-1)).not.toBe(empty)
  expect([...slots.values()]).toHaveLength(20_000)
  for (let key = 0; key < 20_000; key++) expect(slots.get(key).value).toBe(`kept ${key}`)
})

test('what is put into a slot right away stays, whenever others are given up', () => {
  const slots = new Slots<number, number>()
  for (let key = 0; key < 300_000; key++) {
    slots.get(key).value = key
    if (key >= 10) slots.get(key - 10).value = undefined
    expect(slots.get(key).value).toBe(key)
  }
  expect([...slots.values()]).toEqual(Array.from({ length: 10 }, (_, index) => 299_990 + index))
})

test('a seat leads to the slot of its key, in whichever of two that it is used with', () => {
  const [one, other] = [new Slots<string, number>(), new Slots<string, number>()]
  const seat = {}
  expect(one.get('a', seat)).toBe(one.get('a'))
  expect(other.get('a', seat)).toBe(other.get('a'))
  expect(one.get('a', seat)).toBe(one.get('a'))
  expect(one.get('a')).not.toBe(other.get('a'))
})

test('two seats of one key lead to one slot, also after empty slots were given up', () => {
  const slots = new Slots<number, string>()
  const [seat, second] = [{}, {}]
  const before = slots.get(-1, seat)
  for (let key = 0; key < 200_000; key++) slots.get(key)
  const after = slots.get(-1, second)
  expect(after).not.toBe(before)
  expect(slots.get(-1, seat)).toBe(after)
})
