import { expect, test } from '@jest/globals'
import { findMeaningChanges } from '../../src/profiles/meaning-changes.ts'
import { createProfile, createProfileOf } from './sound-profile.ts'

function compare(before: object, after: object): readonly string[] {
  const toProfiles = (attributes: object) =>
    new Map([['maker-model', createProfileOf({ ...attributes, other: { from: 'o' } })]])
  return findMeaningChanges(toProfiles(before), toProfiles(after))
}

test.each([
  [
    'another unit',
    { t: { from: 't', unit: 'CEL' } },
    { t: { from: 't', unit: 'PAL' } },
    'a property in CEL and is a property in PAL',
  ],
  [
    'a unit that was not there',
    { t: { from: 't' } },
    { t: { from: 't', unit: 'CEL' } },
    'a property without a unit and is a property in CEL',
  ],
  [
    'another kind',
    { t: { from: 't' } },
    { t: { relationship: 'urn:x:{device.id}' } },
    'a property without a unit and is a relationship without a unit',
  ],
])('%s under the old name is told', (_name, before, after, change) => {
  expect(compare(before, after)).toEqual([`profile maker-model: t of Thing was ${change}`])
})

test('a new source, a new name and a name that is gone mean nothing else than before', () => {
  const before = { t: { from: 't', unit: 'CEL' }, gone: { from: 'g' } }
  expect(compare(before, { t: { from: 'temp', unit: 'CEL', min: 0 }, fresh: { from: 'f' } })).toEqual([])
})

test('an entity of another type is another thing, and so is another profile', () => {
  const before = new Map([['maker-model', createProfileOf({ t: { from: 't', unit: 'CEL' } })]])
  const attributes = { t: { from: 't', unit: 'PAL' } }
  const moved = createProfile({ entities: [{ type: { default: 'Other', indoor: 'Third' }, attributes }] })
  expect(findMeaningChanges(before, new Map([['maker-model', moved]]))).toEqual([])
  const other = createProfileOf(attributes, { id: 'other-model' })
  expect(findMeaningChanges(before, new Map([['other-model', other]]))).toEqual([])
})
