import { beforeEach, expect, test } from '@jest/globals'
import { ClientIds } from '../../src/ingest/client-ids.ts'

let ids: ClientIds

beforeEach(() => {
  ids = new ClientIds()
})

test('an id is for the credential that asked first', () => {
  expect(ids.claim('c1', 'kranj/a')).toBe(true)
  expect(ids.claim('c1', 'kranj/b')).toBe(false)
  expect(ids.claim('c2', 'kranj/b')).toBe(true)
})

test('an id is free again when its last connection has ended and left nothing', () => {
  ids.claim('c1', 'kranj/a')
  ids.claim('c1', 'kranj/a')
  ids.release('c1', false)
  expect(ids.claim('c1', 'kranj/b')).toBe(false)
  ids.release('c1', false)
  expect(ids.claim('c1', 'kranj/b')).toBe(true)
})

test('an id whose session was left behind is for its credential only, until that gives it up', () => {
  ids.claim('c1', 'kranj/a')
  ids.release('c1', true)
  expect(ids.claim('c1', 'kranj/b')).toBe(false)
  expect(ids.claim('c1', 'kranj/a')).toBe(true)
  ids.release('c1', false)
  expect(ids.claim('c1', 'kranj/b')).toBe(true)
})

test('a claim that was refused takes nothing from the owner', () => {
  ids.claim('c1', 'kranj/a')
  ids.claim('c1', 'kranj/b')
  ids.release('c1', false)
  expect(ids.claim('c1', 'kranj/b')).toBe(true)
})

test('an id that nobody has may be released', () => {
  ids.release('c1', false)
  expect(ids.claim('c1', 'kranj/a')).toBe(true)
})
