import { describe, expect, test } from '@jest/globals'
import { type ProvisionInput, provisionSchema } from '../../src/registry/provision.ts'
import { Registry, toRegistryDevice } from '../../src/registry/registry.ts'

const NOBODY = { deviceId: '', device: undefined }

describe('tenants and devices', () => {
  const registry = createRegistry({
    tenants: [{ id: 'kranj', brokerTenant: 'Kranj' }, { id: 'bled' }],
    devices: [
      {
        tenant: 'kranj',
        id: 'dev',
        profile: 'a',
        name: 'Šola',
        location: [14.36, 46.24],
        placement: 'indoor',
      },
      { tenant: 'bled', id: 'dev', profile: 'b', attributes: { floor: 2 }, passwordHash: 'hmac-sha256$x' },
      { tenant: 'bled', id: 'locked', profile: 'b', password: 'secret' },
    ],
  })

  test('are found by id', () => {
    expect(registry.getTenant('kranj')).toMatchObject({
      id: 'kranj',
      brokerTenant: 'Kranj',
      destinations: [{ id: 'main' }],
    })
    expect(registry.getTenant('ljubljana')).toBeUndefined()
    expect(registry.tenants.map(({ id }) => id)).toEqual(['kranj', 'bled'])
  })

  test('a device belongs to its tenant only', () => {
    expect(registry.getDevice('kranj', 'dev')).toEqual({
      tenant: 'kranj',
      id: 'dev',
      profile: 'a',
      name: 'Šola',
      location: [14.36, 46.24],
      placement: 'indoor',
      attributes: {},
    })
    expect(registry.getDevice('bled', 'dev')).toMatchObject({
      tenant: 'bled',
      profile: 'b',
      attributes: { floor: 2 },
    })
    expect(registry.getDevice('ljubljana', 'dev')).toBeUndefined()
    expect(registry.getDevice('kranj', 'locked')).toBeUndefined()
  })

  test('what crosses to another thread holds no secret, and makes the same registry', () => {
    expect(JSON.stringify(registry.data)).not.toMatch(/secret|hmac/)
    const other = new Registry(structuredClone(registry.data))
    expect(other.resolve('bled', 'tromost/dev/up')).toEqual(registry.resolve('bled', 'tromost/dev/up'))
  })
})

describe('what the agent says of a device', () => {
  const tenant = { id: 'kranj', routes: [{ topic: '+/+/{device}', profile: 'routed' }] }
  const devices = [{ tenant: 'kranj', id: 'dev', profile: 'a', name: 'Šola' }]
  const registry = createRegistry({ tenants: [tenant], devices })

  test('has a profile of its own, whatever that of the device is and whatever a route says', () => {
    const message = { tenant: 'kranj', device: 'dev', topic: '$tromost/device-status/dev' }
    expect(registry.findDevice(message)).toMatchObject({
      ...{ tenant: 'kranj', id: 'dev', name: 'Šola', profile: '$device-status' },
    })
    expect(registry.findDevice({ ...message, topic: 'tromost/dev/up' })?.profile).toBe('a')
  })

  test('is about a device that is implied or has gone, too', () => {
    const message = { tenant: 'kranj', device: 'guest', topic: '$tromost/device-status/guest' }
    expect(registry.findDevice(message)).toEqual({
      ...{ tenant: 'kranj', id: 'guest', profile: '$device-status', attributes: {} },
    })
  })
})

describe('which device a topic is about', () => {
  test('is the provisioned one of the tenant that publishes', () => {
    const registry = createRegistry({
      tenants: [{ id: 'kranj' }, { id: 'bled' }],
      devices: [
        { tenant: 'kranj', id: 'dev', profile: 'a' },
        { tenant: 'bled', id: 'dev', profile: 'b' },
      ],
    })
    expect(registry.resolve('kranj', 'tromost/dev/up').device?.profile).toBe('a')
    expect(registry.resolve('bled', 'tromost/dev/up').device?.profile).toBe('b')
  })

  test('is told by its id where it is not provisioned', () => {
    const registry = createRegistry({ tenants: [{ id: 'kranj' }] })
    expect(registry.resolve('kranj', 'tromost/dev/up')).toEqual({ deviceId: 'dev', device: undefined })
  })

  test('is nobody on a topic that names none, and in a tenant that does not exist', () => {
    const registry = createRegistry({
      tenants: [{ id: 'kranj' }],
      devices: [{ tenant: 'kranj', id: 'dev', profile: 'a' }],
    })
    expect(registry.resolve('kranj', 'weather')).toEqual(NOBODY)
    expect(registry.resolve('bled', 'tromost/dev/up')).toEqual(NOBODY)
  })

  test('a route comes before the conventions, of its own tenant only', () => {
    const registry = createRegistry({
      tenants: [
        {
          id: 'kranj',
          routes: [{ topic: '{device}/tromost/up' }, { topic: 'tromost/{device}/up', profile: 'r' }],
        },
        { id: 'bled' },
      ],
    })
    expect(registry.resolve('kranj', 'dev/tromost/up').deviceId).toBe('dev')
    expect(registry.resolve('bled', 'dev/tromost/up')).toEqual(NOBODY)
    expect(registry.resolve('kranj', 'tromost/dev/up').device).toEqual({
      tenant: 'kranj',
      id: 'dev',
      profile: 'r',
      attributes: {},
    })
    expect(registry.resolve('bled', 'tromost/dev/up').device).toBeUndefined()
  })

  test('the profile of a provisioned device is its own, whatever its route says', () => {
    const registry = createRegistry({
      tenants: [{ id: 'kranj', routes: [{ topic: 'x/{device}', profile: 'of-route' }] }],
      devices: [{ tenant: 'kranj', id: 'dev', profile: 'own' }],
    })
    expect(registry.resolve('kranj', 'x/dev').device?.profile).toBe('own')
    expect(registry.resolve('kranj', 'x/other').device?.profile).toBe('of-route')
  })
})

describe('a device of an edge node of Sparkplug B', () => {
  const device = (id: string) => ({ tenant: 'kranj', id, profile: 'p' })
  const DDATA = 'spBv1.0/north/DDATA/gw-1/air'

  test.each([
    [['air', 'gw-1:air', 'north:gw-1:air'], 'north:gw-1:air'],
    [['air', 'gw-1:air'], 'gw-1:air'],
    [['air', 'gw-2:air', 'south:gw-1:air'], 'air'],
  ])('is of %j the one whose id says most of the topic', (ids, found) => {
    const registry = createRegistry({ tenants: [{ id: 'kranj' }], devices: ids.map(device) })
    expect(registry.resolve('kranj', DDATA).deviceId).toBe(found)
  })

  test('and the edge node itself may be named with its group', () => {
    const devices = [device('gw-1'), device('north:gw-1')]
    const registry = createRegistry({ tenants: [{ id: 'kranj' }], devices })
    expect(registry.resolve('kranj', 'spBv1.0/north/NDATA/gw-1').deviceId).toBe('north:gw-1')
    expect(registry.resolve('kranj', 'spBv1.0/south/NDATA/gw-1').deviceId).toBe('gw-1')
    expect(registry.resolve('kranj', DDATA)).toEqual({ deviceId: 'air', device: undefined })
  })
})

describe('an apikey', () => {
  const registry = createRegistry({
    tenants: [{ id: 'kranj' }],
    devices: [
      { tenant: 'kranj', id: 'keyed', profile: 'a', apikey: 'mine' },
      { tenant: 'kranj', id: 'keyless', profile: 'a' },
    ],
  })

  test('of the device itself is right', () => {
    expect(registry.resolve('kranj', '/mine/keyed/attrs').device?.id).toBe('keyed')
  })

  test('of somebody else names nobody', () => {
    expect(registry.resolve('kranj', '/theirs/keyed/attrs')).toEqual(NOBODY)
    expect(registry.resolve('kranj', '/Mine/keyed/attrs')).toEqual(NOBODY)
  })

  test('is not asked for on topics that have none, nor of devices that have none', () => {
    expect(registry.resolve('kranj', 'tromost/keyed/up').device?.id).toBe('keyed')
    expect(registry.resolve('kranj', '/any/keyless/attrs').device?.id).toBe('keyless')
  })
})

describe('a group', () => {
  const groups = [
    { apikey: 'parking', profile: 'nps405', unknownDevices: 'create' as const },
    { apikey: 'bins', profile: 'em400', unknownDevices: 'hold' as const },
    { apikey: 'weather', profile: 'ws1' },
  ]

  test('with create implies devices that are not provisioned', () => {
    const registry = createRegistry({ tenants: [{ id: 'kranj', groups }] })
    expect(registry.resolve('kranj', '/parking/p7/attrs').device).toEqual({
      tenant: 'kranj',
      id: 'p7',
      profile: 'nps405',
      attributes: {},
    })
  })

  test.each(['a?b', 'a\u202eb', ' a', 'x'.repeat(129)])('with create implies no device named %j', id => {
    const registry = createRegistry({ tenants: [{ id: 'kranj', groups }] })
    expect(registry.resolve('kranj', `/parking/${id}/attrs`)).toEqual({ deviceId: id, device: undefined })
  })

  test.each(['hold', 'reject'] as const)(
    'without create implies none, where the tenant says %s',
    unknownDevices => {
      const registry = createRegistry({ tenants: [{ id: 'kranj', unknownDevices, groups }] })
      expect(registry.resolve('kranj', '/bins/b7/attrs')).toEqual({ deviceId: 'b7', device: undefined })
      expect(registry.resolve('kranj', '/weather/w7/attrs')).toEqual({ deviceId: 'w7', device: undefined })
    },
  )

  test('says more than its tenant, and follows it where it says nothing', () => {
    const registry = createRegistry({ tenants: [{ id: 'kranj', unknownDevices: 'create', groups }] })
    expect(registry.resolve('kranj', '/weather/w7/attrs').device?.profile).toBe('ws1')
    expect(registry.resolve('kranj', '/bins/b7/attrs').device).toBeUndefined()
  })

  test('is found by its own key only, and by no topic without key', () => {
    const registry = createRegistry({ tenants: [{ id: 'kranj', groups }, { id: 'bled' }] })
    expect(registry.resolve('kranj', '/other/p7/attrs').device).toBeUndefined()
    expect(registry.resolve('kranj', 'tromost/p7/up').device).toBeUndefined()
    expect(registry.resolve('bled', '/parking/p7/attrs').device).toBeUndefined()
  })

  test('leaves a provisioned device what it is', () => {
    const registry = createRegistry({
      tenants: [{ id: 'kranj', groups }],
      devices: [
        { tenant: 'kranj', id: 'p1', profile: 'own', apikey: 'parking' },
        { tenant: 'kranj', id: 'p2', profile: 'own', apikey: 'other' },
      ],
    })
    expect(registry.resolve('kranj', '/parking/p1/attrs').device?.profile).toBe('own')
    expect(registry.resolve('kranj', '/parking/p2/attrs')).toEqual(NOBODY)
  })
})

function createRegistry(input: ProvisionInput): Registry {
  const { tenants, devices } = provisionSchema.parse(input)
  return new Registry({
    tenants: tenants.map(tenant => ({ ...tenant, destinations: [{ id: 'main' }] })),
    devices: devices.map(toRegistryDevice),
  })
}
