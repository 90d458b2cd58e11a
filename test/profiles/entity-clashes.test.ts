import { describe, expect, test } from '@jest/globals'
import { formatFault } from '../../src/document.ts'
import { findEntityClashes } from '../../src/profiles/entity-clashes.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import type { Device } from '../../src/reading.ts'
import { createProfile } from './sound-profile.ts'

const SITE = 'urn:ngsi-ld:Site:{device.attributes.site}'

function createOf(id: string, entities: readonly object[]): readonly [string, Profile] {
  const attributes = { x: { from: 'x' } }
  return [id, createProfile({ id, entities: entities.map(entity => ({ attributes, ...entity })) })]
}

const PROFILES = new Map([
  createOf('own', [{ type: 'Thing' }]),
  createOf('by-placement', [{ type: { default: 'Thing', indoor: 'Room' }, id: SITE }]),
  createOf('weather', [{ type: 'WeatherObserved', id: SITE }]),
  createOf('noise', [{ type: 'NoiseLevelObserved', id: SITE }]),
  createOf('torn', [
    { type: 'Thing', id: 'urn:x:{device.id}' },
    { type: 'Device', id: 'urn:x:{device.id}' },
  ]),
])

const device = (id: string, profile: string, others: Partial<Device> = {}): Device => ({
  ...{ id, profile, tenant: 'kranj', attributes: { site: 7 } },
  ...others,
})

function find(...devices: readonly Device[]): readonly string[] {
  return findEntityClashes(devices, PROFILES, 'provision.yaml').map(formatFault)
}

describe('of a tenant that wants to know how its devices are', () => {
  const findTold = (...devices: readonly Device[]) =>
    findEntityClashes(devices, TOLD, 'provision.yaml', tenant => tenant === 'kranj').map(formatFault)
  const id = 'urn:ngsi-ld:Device:{device.id}'
  const TOLD = new Map([
    createOf('of-device', [{ type: 'Thing' }, { type: 'Device' }]),
    createOf('of-gadget', [{ type: 'Gadget', id }]),
    createOf('site', [{ type: 'Thing', id: SITE }]),
  ])

  test('devices may write into their own Device themselves', () => {
    expect(findTold(device('a', 'of-device'), device('b', 'of-device'))).toEqual([])
  })

  test('none may be something else under its id', () => {
    const gadget = device('a', 'of-gadget')
    expect(findTold(gadget)).toEqual([
      'provision.yaml: devices.0.id: expected one type for each entity, got urn:ngsi-ld:Device:a' +
        ' as Gadget from device "a" and as Device from device "a"',
    ])
    expect(findTold({ ...gadget, tenant: 'bled' })).toEqual([])
  })

  test('none may have an id that gives the same Device as another', () => {
    const alike = [device('ucilnica-4', 'site'), device('učilnica-4', 'site')]
    expect(findTold(...alike)).toHaveLength(1)
    expect(findTold(...alike.map(one => ({ ...one, tenant: 'bled' })))).toEqual([])
  })
})

describe('devices whose entities clash', () => {
  test('are both named, with the entity and its types', () => {
    expect(find(device('a', 'own'), device('w', 'weather'), device('n', 'noise'))).toEqual([
      'provision.yaml: devices.2.id: expected one type for each entity, got urn:ngsi-ld:Site:7' +
        ' as WeatherObserved from device "w" and as NoiseLevelObserved from device "n"',
    ])
  })

  test('are those of different placement, too', () => {
    expect(find(device('a', 'by-placement'), device('b', 'by-placement', { placement: 'indoor' }))).toEqual([
      'provision.yaml: devices.1.id: expected one type for each entity, got urn:ngsi-ld:Site:7' +
        ' as Thing from device "a" and as Room from device "b"',
    ])
  })

  test('are those whose ids differ only in what entity ids cannot say', () => {
    expect(find(device('ucilnica-4', 'own'), device('učilnica-4', 'own'))).toEqual([
      'provision.yaml: devices.1.id: expected an id that gives entities of its own, got urn:ngsi-ld:Thing:ucilnica-4' +
        ' as Thing from device "ucilnica-4" and as Thing from device "učilnica-4"',
    ])
  })

  test('may be one device whose profile gives one entity two types', () => {
    expect(find(device('a', 'torn'))).toEqual([
      'provision.yaml: devices.0.id: expected one type for each entity, got urn:x:a' +
        ' as Thing from device "a" and as Device from device "a"',
    ])
  })
})

describe('devices whose entities do not clash', () => {
  test.each([
    ['share an entity of one type on purpose', [device('a', 'weather'), device('b', 'weather')]],
    ['belong to different tenants', [device('a', 'weather'), device('b', 'noise', { tenant: 'bled' })]],
    ['tell of different sites', [device('a', 'weather'), device('b', 'noise', { attributes: { site: 8 } })]],
    ['have not what the id names', [device('a', 'weather', { attributes: {} }), device('b', 'noise')]],
    ['have a profile that is not there', [device('a', 'nowhere'), device('a', 'nowhere')]],
  ])('%s', (_case, devices) => {
    expect(find(...devices)).toEqual([])
  })
})
