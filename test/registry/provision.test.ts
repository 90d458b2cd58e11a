import { describe, expect, test } from '@jest/globals'
import { checkDocument, formatFault } from '../../src/document.ts'
import { isForDevices, provisionSchema } from '../../src/registry/provision.ts'

const HASH = 'hmac-sha256$AAECAwQFBgcICQoLDA0ODw=='
const LOGIN = { tenant: 'kranj', username: 'gateway', password: '5318008' }
const DEVICE = { tenant: 'kranj', id: 'dev', profile: 'test-six' }

test('an empty file provisions nothing', () => {
  expect(provisionSchema.parse({})).toEqual({ tenants: [], credentials: [], devices: [] })
})

test('a tenant, a credential and a device need little, and may do nothing by default', () => {
  const { tenants, credentials, devices } = provisionSchema.parse({
    tenants: [{ id: 'kranj' }],
    credentials: [LOGIN],
    devices: [DEVICE],
  })
  expect(tenants).toEqual([
    { id: 'kranj', unknownDevices: 'hold', late: 'skip', badTime: 'receivedTime', groups: [], routes: [] },
  ])
  expect(credentials).toEqual([{ ...LOGIN, publish: [], subscribe: [] }])
  expect(devices).toEqual([{ ...DEVICE, attributes: {} }])
})

test('everything that can be said of them is taken as it is', () => {
  const provision = {
    tenants: [
      {
        id: 'kranj',
        name: { en: 'City of Kranj', sl: 'Mestna občina Kranj' },
        destinations: ['main', { id: 'other', types: ['WeatherObserved'] }],
        brokerTenant: 'Kranj-1',
        brokerPath: '/sensors/north',
        unknownDevices: 'reject',
        late: 'temporal',
        badTime: 'quarantine',
        deviceStatus: true,
        groups: [{ apikey: 'kranj-parking', profile: 'nwave-nps405', unknownDevices: 'create' }],
        routes: [{ topic: 'zgornja-reka/{device}/nivo', profile: 'water' }, { topic: '+/{apikey}/{device}' }],
      },
    ],
    credentials: [
      { tenant: 'kranj', username: 'a', passwordHash: HASH, publish: ['a/+/#', '#'], subscribe: ['$SYS/#'] },
      { tenant: 'kranj', username: '{device}', publish: ['tromost/{device}/up'], subscribe: [] },
    ],
    devices: [
      {
        ...DEVICE,
        id: 'šola 1 ($&)',
        name: 'Šola Staneta Žagarja',
        location: [-180, 90],
        placement: 'indoor',
        attributes: { floor: 2, refs: ['a', 'b'] },
        apikey: 'kranj-parking',
        passwordHash: HASH,
      },
    ],
  }
  expect(provisionSchema.parse(provision)).toEqual(provision)
})

describe('faults of an entry', () => {
  test.each<[string, object, string]>([
    ['a list that is not known', { tenant: [] }, 'tenant: this key is not known'],
    [
      'a tenant in capitals',
      { tenants: [{ id: 'Kranj' }] },
      'tenants.0.id: expected 1 to 50 lower-case letters, digits or _, got "Kranj"',
    ],
    [
      'a tenant without destination',
      { tenants: [{ id: 'kranj', destinations: [] }] },
      'tenants.0.destinations: expected at least 1, got []',
    ],
    [
      'a destination that is no name',
      { tenants: [{ id: 'kranj', destinations: [7] }] },
      'tenants.0.destinations.0: expected string or object, got 7',
    ],
    [
      'a destination with a key that is not known',
      { tenants: [{ id: 'kranj', destinations: [{ id: 'main', type: 'WeatherObserved' }] }] },
      'tenants.0.destinations.0.type: this key is not known',
    ],
    [
      'a destination of no types',
      { tenants: [{ id: 'kranj', destinations: [{ id: 'main', types: [] }] }] },
      'tenants.0.destinations.0.types: expected at least 1, got []',
    ],
    [
      'a bound of the journal without its unit',
      { tenants: [{ id: 'kranj', journal: { maxBytes: 5 } }] },
      'tenants.0.journal.maxBytes: expected a size with its unit, such as 900KiB or 4GiB, got 5',
    ],
    [
      'a broker tenant with a slash',
      { tenants: [{ id: 'kranj', brokerTenant: 'a/b' }] },
      'tenants.0.brokerTenant: expected letters, digits, _ or -, got "a/b"',
    ],
    [
      'a policy that does not exist',
      { tenants: [{ id: 'kranj', unknownDevices: 'drop' }] },
      'tenants.0.unknownDevices: expected one of hold, reject, create, got "drop"',
    ],
    [
      'a key that is no topic level',
      { tenants: [{ id: 'kranj', groups: [{ apikey: 'a/b', profile: 'p' }] }] },
      'tenants.0.groups.0.apikey: expected 1 to 128 characters without / + #, got "a/b"',
    ],
    [
      'a route without device',
      { tenants: [{ id: 'kranj', routes: [{ topic: 'a/+' }] }] },
      'tenants.0.routes.0.topic: expected {device} to be one level of the topic, got "a/+"',
    ],
    [
      'a route whose device is a part of a level',
      { tenants: [{ id: 'kranj', routes: [{ topic: 'a/x{device}' }] }] },
      'tenants.0.routes.0.topic: expected {device} to be one level of the topic, got "a/x{device}"',
    ],
    [
      'a route with any rest',
      { tenants: [{ id: 'kranj', routes: [{ topic: '{device}/#' }] }] },
      'tenants.0.routes.0.topic: expected a topic with {device} as one level and + for any other, got "{device}/#"',
    ],
    [
      'a filter with + inside a level',
      { credentials: [{ ...LOGIN, publish: ['a', 'b+/c'] }] },
      'credentials.0.publish.1: expected an MQTT topic filter: + and # only as whole levels, # only last, got "b+/c"',
    ],
    [
      'a filter with # in the middle',
      { credentials: [{ ...LOGIN, subscribe: ['#/a'] }] },
      'credentials.0.subscribe.0: expected an MQTT topic filter: + and # only as whole levels, # only last, got "#/a"',
    ],
    [
      'an empty user name',
      { credentials: [{ ...LOGIN, username: '' }] },
      'credentials.0.username: expected at least 1, got ""',
    ],
    [
      'a device id with a slash',
      { devices: [{ ...DEVICE, id: 'a/b' }] },
      'devices.0.id: expected 1 to 128 characters that can be seen, without / + # ?, and spaces only between others, got "a/b"',
    ],
    [
      'a device id with a line break',
      { devices: [{ ...DEVICE, id: 'a\nb' }] },
      'devices.0.id: expected 1 to 128 characters that can be seen, without / + # ?, and spaces only between others, got "a\\nb"',
    ],
    [
      'a device without profile',
      { devices: [{ tenant: 'kranj', id: 'dev' }] },
      'devices.0.profile: expected string, got nothing',
    ],
    [
      'a longitude beyond the earth',
      { devices: [{ ...DEVICE, location: [-181, 0] }] },
      'devices.0.location.0: expected a longitude from -180 to 180, got -181',
    ],
    [
      'latitude before longitude',
      { devices: [{ ...DEVICE, location: [46, 114] }] },
      'devices.0.location.1: expected a latitude from -90 to 90, got 114',
    ],
    [
      'an altitude',
      { devices: [{ ...DEVICE, location: [14, 46, 300] }] },
      'devices.0.location: expected at most 2, got [14,46,300]',
    ],
    [
      'an attribute beside the attributes',
      { devices: [{ ...DEVICE, floor: 2 }] },
      'devices.0.floor: this key is not known',
    ],
  ])('%s', (_case, raw, line) => {
    expect(check(raw)).toEqual([line])
  })
})

describe('passwords', () => {
  const EXPECTATION =
    'expected exactly one of password and passwordHash, or a certificate or psk (none for username {device}: its devices have their own)'

  test.each<[string, object]>([
    ['none', { password: undefined }],
    ['two', { passwordHash: HASH }],
    ['one for the rule of all devices', { username: '{device}' }],
  ])('a credential with %s is a fault that shows none', (_case, login) => {
    const [line, ...others] = check({ credentials: [{ ...LOGIN, ...login }] })
    expect(others).toEqual([])
    expect(line).toContain(`credentials.0: ${EXPECTATION}, got {"tenant":"kranj"`)
    expect(line).not.toMatch(/531|AAEC/)
  })

  test('a device has at most one', () => {
    const [line] = check({ devices: [{ ...DEVICE, password: '5318008', passwordHash: HASH }] })
    expect(line).toContain(
      'devices.0: expected at most one of password and passwordHash, got {"tenant":"kranj"',
    )
    expect(line).not.toMatch(/531|AAEC/)
  })

  test.each<[string, object, string]>([
    ['a number', { password: 5_318_008 }, 'password: expected string'],
    ['empty', { password: '' }, 'password: expected at least 1'],
    [
      'a hash of another kind',
      { password: undefined, passwordHash: 'argon2id$5318008' },
      'passwordHash: expected what `tromost secret` prints, beginning with scrypt$ or hmac-sha256$',
    ],
  ])('one that is %s is a fault that does not show it', (_case, login, expectation) => {
    const [line] = check({ credentials: [{ ...LOGIN, ...login }] })
    expect(line).toBe(`credentials.0.${expectation}, got "(hidden)"`)
    expect(check({ devices: [{ ...DEVICE, ...login }] })).toEqual([
      `devices.0.${expectation}, got "(hidden)"`,
    ])
  })
})

test('only the user name {device} is the rule of all devices', () => {
  expect(['{device}', 'device', '{tenant}', ''].map(isForDevices)).toEqual([true, false, false, false])
})

function check(raw: unknown): readonly string[] {
  const { faults = [] } = checkDocument(provisionSchema, raw, 'x.yaml')
  return faults.map(fault => formatFault(fault).replace('x.yaml: ', ''))
}
