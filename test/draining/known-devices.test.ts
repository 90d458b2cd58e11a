import { beforeEach, expect, test } from '@jest/globals'
import { type KnownDevice, KnownDevices } from '../../src/draining/known-devices.ts'
import { compileMapper, type MapReading } from '../../src/map/map.ts'
import type { Device } from '../../src/reading.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRegistry } from '../ingest/test-ingest.ts'
import { createProfile } from '../profiles/sound-profile.ts'

const MESSAGE = { tenant: 'kranj', device: 'dev', topic: 'tromost/dev/up' }
const REST = { payload: Buffer.from('{}'), receivedAt: 0, qos: 1 as const }
const READING = { values: { n: 1 }, observedAt: 0 }

let registry: Registry
let devices: KnownDevices

beforeEach(() => {
  const routes = [
    { topic: 'left/{device}', profile: 'left' },
    { topic: 'right/{device}', profile: 'right' },
  ]
  const device = { tenant: 'kranj', id: 'dev', profile: 'a', name: 'Šola' }
  registry = createRegistry({
    tenants: [{ id: 'kranj', routes, unknownDevices: 'create' }],
    devices: [device],
  })
  devices = new KnownDevices(registry)
})

function find(message: Partial<typeof MESSAGE> = {}): KnownDevice | undefined {
  return devices.find({ ...MESSAGE, ...REST, ...message })
}

function compile(id: string): MapReading {
  const entity = { type: 'Thing', id: `urn:ngsi-ld:Thing:${id}`, attributes: { n: { from: 'n' } } }
  return compileMapper(createProfile({ entities: [entity] }))
}

function change(id: string, value: Device | undefined): void {
  registry.apply([{ kind: 'device', tenant: 'kranj', id, value }])
}

test('a device is met once, and is the same for all its messages', () => {
  const known = find()
  expect(known).toMatchObject({ id: 'dev', profileName: 'a', device: { name: 'Šola' } })
  expect(find()).toBe(known)
})

test('a device that has changed is met anew, and one that has gone is no longer known', () => {
  const before = find()
  change('dev', { tenant: 'kranj', id: 'dev', profile: 'b', profileVersion: 3, attributes: {} })
  expect(find()).not.toBe(before)
  expect(find()).toMatchObject({ id: 'dev', profileName: 'b@3' })
  change('dev', undefined)
  expect(find({ topic: 'nowhere' })).toBe(undefined)
})

test('which device a topic implies is found out for each message', () => {
  expect(find({ device: 'guest', topic: 'left/guest' })?.profileName).toBe('left')
  expect(find({ device: 'guest', topic: 'right/guest' })?.profileName).toBe('right')
})

test('what the agent says of a device goes by a profile of its own, and changes nothing for its readings', () => {
  const status = { topic: '$tromost/device-status/dev' }
  expect(find(status)?.profileName).toBe('$device-status')
  const known = find()
  expect(known?.profileName).toBe('a')
  expect(find(status)?.profileName).toBe('$device-status')
  expect(find()).toBe(known)
})

test('what one mapper has found out is not used by another, even when they take turns', () => {
  const known = find()
  if (known === undefined) throw new Error('expected a device')
  const [first, second] = [compile('{device.id}-1'), compile('{device.id}-2')]
  const mapWith = (map: MapReading) =>
    map(READING, known.device, known.seenBy(map)).entities.map(({ id }) => id)
  expect([mapWith(first), mapWith(second), mapWith(first)].flat()).toEqual([
    'urn:ngsi-ld:Thing:dev-1',
    'urn:ngsi-ld:Thing:dev-2',
    'urn:ngsi-ld:Thing:dev-1',
  ])
})
