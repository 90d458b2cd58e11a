import { expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import { parseEntity } from '../../src/map/entity-text.ts'
import { compileMapper } from '../../src/map/map.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { Device } from '../../src/reading.ts'
import { getFleet } from '../../src/simulator/fleet.ts'
import type { Sensor } from '../../src/simulator/sensor.ts'
import { createLivingSensor } from '../../src/simulator/sensors.ts'

const NOW = Date.UTC(2026, 0, 15, 9)
const loaded = loadProfiles(['devices'])

/** The entities that the agent makes of a sensor's first uplink. */
function getEntities(sensor: Sensor) {
  const profile = loaded.faults === undefined ? loaded.value.get(sensor.profile) : undefined
  const uplink = createLivingSensor(sensor, 1, NOW)(NOW)
  if (profile === undefined || uplink === undefined) return []
  const { name, location, placement, attributes } = sensor
  const device: Device = {
    id: sensor.device,
    tenant: 'kranj',
    profile: profile.id,
    name,
    location,
    placement,
    attributes,
  }
  const message = { tenant: 'kranj', device: sensor.device, receivedAt: NOW, qos: 1, ...uplink } as const
  const map = compileMapper(profile)
  return compileDecoder(profile)(message).flatMap(reading => map(reading, device).entities.map(parseEntity))
}

test('the profiles turn the first uplink of every healthy sensor into entities at its place', () => {
  expect(loaded.faults).toBeUndefined()
  const healthy = getFleet(44).filter(sensor => sensor.fault !== 'nonsense')
  const places = healthy.map(sensor => ({ sensor, entities: getEntities(sensor) }))
  for (const { sensor, entities } of places) {
    expect(entities).not.toEqual([])
    for (const entity of entities) {
      expect(entity).toMatchObject({ location: { value: { type: 'Point', coordinates: sensor.location } } })
      // type, id, location, and at least one value that was measured
      expect(Object.keys(entity).length).toBeGreaterThan(4)
    }
  }
  expect(new Set(places.flatMap(({ entities }) => entities.map(({ id }) => id))).size).toBeGreaterThanOrEqual(
    43,
  )
})
