import { expect, test } from '@jest/globals'
import { provisionSchema } from '../../src/registry/provision.ts'
import { getFleet } from '../../src/simulator/fleet.ts'
import { getDemoProvision } from '../../src/simulator/provision.ts'
import { createLivingSensor } from '../../src/simulator/sensors.ts'

const NOW = Date.UTC(2026, 0, 15, 9)
const options = { gatewayPassword: 'secret', destination: 'preview', devices: 120 }

test('the provisioning names the tenant, its destination and all sensors', () => {
  const { tenants, devices } = getDemoProvision(options)
  expect(tenants).toEqual([
    {
      id: 'kranj',
      name: { en: 'City Municipality of Kranj', sl: 'Mestna občina Kranj' },
      destinations: ['preview'],
      unknownDevices: 'hold',
      routes: [{ topic: 'wmbusmeters/{device}', profile: 'kamstrup-multical-21' }],
    },
  ])
  expect(devices.map(device => device.id)).toEqual(getFleet(120).map(sensor => sensor.device))
  expect(devices[0]).toEqual({
    tenant: 'kranj',
    id: '0004a30b00f1a3c1',
    profile: 'nwave-nps405',
    name: 'Slovenski trg, parkirno mesto 1',
    location: [14.3549, 46.2434],
    placement: 'outdoor',
    attributes: {
      category: ['onStreet'],
      refParkingSite: 'urn:ngsi-ld:OnStreetParking:052:slovenski-trg',
    },
  })
})

test('the gateway may publish to all topics of the simulator and to no others', () => {
  const [credential] = getDemoProvision(options).credentials
  const filters = credential?.publish ?? []
  const topics = getFleet(120).flatMap(sensor => createLivingSensor(sensor, 1, NOW)(NOW)?.topic ?? [])
  const used = new Set(topics.map(topic => filters.find(filter => hasMatch(filter, topic))))
  expect([...used].toSorted()).toEqual(filters.toSorted())
  expect(credential).toMatchObject({ username: 'kranj-gateway', password: 'secret', subscribe: [] })
  expect(filters.join()).not.toContain('#')
})

test('the document survives JSON unchanged, and is what the registry takes', () => {
  const provision = getDemoProvision(options)
  expect(JSON.parse(JSON.stringify(provision))).toEqual(provision)
  expect(provisionSchema.parse(provision)).toMatchObject(provision)
})

function hasMatch(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split('/'), topic.split('/')]
  return (
    wanted.length === levels.length &&
    wanted.every((level, index) => level === '+' || level === levels[index])
  )
}
