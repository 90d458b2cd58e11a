/** Entities and parcels for tests of the uplink. */
import type { Attribute, Entity, Outcome } from '../../src/reading.ts'
import { createParcel, type Parcel } from '../../src/uplink/parcel.ts'

const OBSERVED_AT = '2026-01-15T09:00:00.000Z'

/** An entity with one Property for each name. */
export function createEntity(
  id: string,
  values: Readonly<Record<string, unknown>> = { temperature: 21 },
): Entity {
  const attributes = Object.entries(values).map(([name, value]): [string, Attribute] => [
    name,
    { type: 'Property', value, observedAt: OBSERVED_AT },
  ])
  return { id, type: 'WeatherObserved', ...Object.fromEntries(attributes) }
}

export function createTestParcel(
  id: string,
  values?: Readonly<Record<string, unknown>>,
  settle: (outcome: Outcome) => void = () => {},
): Parcel {
  return createParcel(createEntity(id, values), settle)
}
