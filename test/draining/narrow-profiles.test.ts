import { expect, test } from '@jest/globals'
import { checkDocument } from '../../src/document.ts'
import type { CompiledProfile } from '../../src/draining/carried.ts'
import { narrowProfiles } from '../../src/draining/narrow-profiles.ts'
import { type Profile, profileSchema } from '../../src/profiles/profile.ts'
import type { Device, EntityText, Message, Reading } from '../../src/reading.ts'
import { createMessage } from '../support/messages.ts'

const DEVICE: Device = { id: 'one', tenant: 'kranj', profile: 'x', attributes: {} }
const READING: Reading = { values: {}, observedAt: 0 }

function toProfile(decode: object, types: readonly (string | Record<string, string>)[]): Profile {
  const checked = checkDocument(
    profileSchema,
    {
      ...{ id: 'a-b', vendor: 'A', model: 'B', description: { en: 'x', sl: 'y' }, source: 'z' },
      ...{ interval: '10m', decode },
      entities: types.map(type => ({ type, attributes: { level: { from: 'level' } } })),
      samples: [{ name: 'nothing', payload: { json: {} }, device: { id: 'x' }, entities: [] }],
    },
    'profile',
  )
  if (checked.faults !== undefined) throw new Error(JSON.stringify(checked.faults))
  return checked.value
}

/** Narrows a profile whose mapping gives an entity of each of its types; tells how often it decoded, and the types that are left. */
function narrow(profile: Profile, made: readonly string[], types: readonly string[]) {
  let decoded = 0
  const compiled: CompiledProfile = {
    decode: () => {
      decoded += 1
      return [READING]
    },
    map: () => ({ entities: made.map(type => ({ type }) as EntityText), omitted: 2 }),
  }
  const [narrowed] = narrowProfiles([profile], new Map([['a-b', compiled]]), new Set(types)).values()
  const message: Message = createMessage()
  const readings = narrowed?.decode?.(message, 0) ?? []
  const left = readings.flatMap(reading => narrowed?.map(reading, DEVICE).entities ?? [])
  return { decoded, types: left.map(({ type }) => type) }
}

test('a profile that makes nothing of these types is not even decoded', () => {
  const profile = toProfile({ json: {} }, ['ParkingSpot'])
  expect(narrow(profile, ['ParkingSpot'], ['WeatherObserved'])).toEqual({ decoded: 0, types: [] })
})

test('of a profile that makes some of these types, those are left', () => {
  const profile = toProfile({ json: {} }, ['ParkingSpot', { default: 'Device', indoor: 'WeatherObserved' }])
  expect(narrow(profile, ['ParkingSpot', 'WeatherObserved'], ['WeatherObserved'])).toEqual({
    decoded: 1,
    types: ['WeatherObserved'],
  })
})

test('a profile of Sparkplug B is decoded in any case, since births have to be heard', () => {
  const profile = toProfile({ sparkplug: {} }, ['ParkingSpot'])
  expect(narrow(profile, ['ParkingSpot'], ['WeatherObserved'])).toEqual({ decoded: 1, types: [] })
})
