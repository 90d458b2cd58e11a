/** Entities and parcels for tests of the uplink. */
import { hashText } from '../../src/hash.ts'
import type { EntityText, Outcome } from '../../src/reading.ts'
import { createParcel, type Parcel } from '../../src/uplink/parcel.ts'

const OBSERVED_AT = '2026-01-15T09:00:00.000Z'

/** An entity with one Property for each name. */
export function createEntity(
  id: string,
  values: Readonly<Record<string, unknown>> = { temperature: 21 },
  context?: string,
): EntityText {
  const attributes = Object.entries(values).map(([name, value]) => {
    const attribute = { type: 'Property', value, observedAt: OBSERVED_AT }
    return `,${JSON.stringify(name)}:${JSON.stringify(attribute)}`
  })
  const type = 'WeatherObserved'
  const head = `{"id":"${id}","type":"${type}"`
  const observedAt = Date.parse(OBSERVED_AT)
  const json = Buffer.from(`${head}${attributes.join('')}}`)
  return {
    id,
    idHash: hashText(id),
    type,
    context,
    attributes: Object.keys(values),
    observedAt,
    json,
    headBytes: head.length,
  }
}

export function createTestParcel(
  id: string,
  values?: Readonly<Record<string, unknown>>,
  settle: (outcome: Outcome) => void = () => {},
  context?: string,
): Parcel {
  return createParcel(createEntity(id, values), context, settle)
}
