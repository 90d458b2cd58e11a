import { expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import { parseEntity } from '../../src/entity-text.ts'
import { compileMapper } from '../../src/map/map.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { Device } from '../../src/reading.ts'
import { getFleet } from '../../src/simulator/fleet.ts'
import { getNetwork } from '../../src/simulator/networks.ts'
import type { Sensor } from '../../src/simulator/sensor.ts'
import { createLivingSensor } from '../../src/simulator/sensors.ts'

const NOW = Date.UTC(2026, 0, 15, 9)
const loaded = loadProfiles(['devices'])

/** What the agent makes of a sensor's uplinks at these times. */
function mapUplinks(sensor: Sensor, times: readonly number[]) {
  const profile = loaded.faults === undefined ? loaded.value.get(sensor.profile) : undefined
  if (profile === undefined) return []
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
  const takeUplink = createLivingSensor(sensor, 1, NOW)
  const decode = compileDecoder(profile)
  const map = compileMapper(profile)
  return times.flatMap(receivedAt => {
    const uplink = takeUplink(receivedAt)
    if (uplink === undefined) return []
    const message = { tenant: 'kranj', device: sensor.device, receivedAt, qos: 1, ...uplink } as const
    return decode(message).map(reading => {
      const { entities, omitted } = map(reading, device)
      return { entities: entities.map(parseEntity), omitted }
    })
  })
}

test('the profiles turn the first uplink of every healthy sensor into entities at its place', () => {
  expect(loaded.faults).toBeUndefined()
  const healthy = getFleet(44).filter(sensor => sensor.fault !== 'nonsense')
  const places = healthy.map(sensor => ({
    sensor,
    entities: mapUplinks(sensor, [NOW]).flatMap(({ entities }) => entities),
  }))
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

test('no uplink of a healthy LoRaWAN sensor is refused or has a value out of its range, the year round', () => {
  const times = Array.from({ length: 120 }, (_, index) => NOW + index * 73 * 3_600_000)
  const sensors = getFleet(44).filter(({ fault }) => fault === undefined)
  for (const sensor of sensors.filter(({ profile }) => getNetwork(profile) === 'chirpstack')) {
    const results = mapUplinks(sensor, times)
    expect({ profile: sensor.profile, readings: results.length }).toEqual({
      profile: sensor.profile,
      readings: times.length,
    })
    expect(results.filter(({ omitted }) => omitted > 0)).toEqual([])
  }
})

test('a LoRaWAN sensor whose bytes are read is an entity of its own, with its signal', () => {
  const [sensor] = getFleet(44).filter(({ profile }) => profile === 'decentlab-dl-mbx')
  const entities = sensor === undefined ? [] : mapUplinks(sensor, [NOW]).flatMap(result => result.entities)
  expect(entities.map(({ type }) => type)).toEqual(['FloodMonitoring', 'Device'])
  expect(entities[1]).toMatchObject({
    id: 'urn:ngsi-ld:Device:70b3d57ba0000b3f',
    batteryVoltage: { unitCode: 'VLT' },
    rssi: { unitCode: 'DBM', snr: { unitCode: '2N' } },
  })
})
