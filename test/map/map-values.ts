import { parseEntity } from '../../src/entity-text.ts'
import { compileMapper } from '../../src/map/map.ts'
import { CLOSE } from '../../src/map/piece.ts'
import type { Scope } from '../../src/map/scope.ts'
import { Seen } from '../../src/map/seen.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import type { Device } from '../../src/reading.ts'
import { createProfileOf } from '../profiles/sound-profile.ts'

export const DEVICE: Device = {
  id: 'd1',
  tenant: 'kranj',
  profile: 'maker-model',
  location: [14.3556, 46.2389],
  attributes: {
    binHeight: 1.3,
    floor: 2,
    site: 'urn:ngsi-ld:Site:052:Č 1',
    word: 'high',
    isOpen: true,
    empty: '',
  },
}

export const OBSERVED_AT = '2026-01-15T09:00:00.000Z'

/** What a mapping looks at where a sensor gives these values. */
export function createScope(values: Readonly<Record<string, unknown>>): Scope {
  const reading = { values, observedAt: Date.parse(OBSERVED_AT) }
  return { reading, device: DEVICE, observedAt: OBSERVED_AT, end: CLOSE, seen: new Seen() }
}

export function mapWith(profile: Profile, values: Readonly<Record<string, unknown>>, device = DEVICE) {
  const reading = { values, observedAt: Date.parse(OBSERVED_AT) }
  const { entities, omitted } = compileMapper(profile)(reading, device)
  return { entities: entities.map(parseEntity), omitted }
}

/** The attribute `x` that a mapping makes, beside one that is always there; and how many were left out. */
export function mapAttribute(attribute: object, values: Readonly<Record<string, unknown>>, device = DEVICE) {
  const profile = createProfileOf({ x: attribute, always: { from: 'always' } })
  const { entities, omitted } = mapWith(profile, { ...values, always: 1 }, device)
  return { x: entities[0]?.['x'], omitted }
}
