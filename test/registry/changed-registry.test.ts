import { beforeEach, describe, expect, test } from '@jest/globals'
import { findTenantOfKey } from '../../src/registry/api-keys.ts'
import { toCompactData } from '../../src/registry/compact-device.ts'
import { tenantSchema } from '../../src/registry/provision.ts'
import { Registry } from '../../src/registry/registry.ts'
import { changeDestinations, type RegistryChange } from '../../src/registry/registry-data.ts'
import { createRegistry } from '../ingest/test-ingest.ts'

let registry: Registry

beforeEach(() => {
  registry = createRegistry({
    tenants: [{ id: 'kranj', groups: [{ apikey: 'group', profile: 'a' }] }],
    devices: [{ tenant: 'kranj', id: 'six', profile: 'a', apikey: 'own' }],
  })
})

function tenant(id: string, more: object = {}): RegistryChange {
  const value = { ...tenantSchema.parse({ id, ...more }), destinations: [{ id: 'main' }] }
  return { kind: 'tenant', id, value }
}

function device(of: string, id: string, more: object = {}): RegistryChange {
  const value = { tenant: of, id, profile: 'b', attributes: {}, ...more }
  return { kind: 'device', tenant: of, id, value }
}

describe('a registry that changes', () => {
  test('finds what came, what is other and no more what went', () => {
    const { revision } = registry
    registry.apply([tenant('bled', { routes: [{ topic: 'lake/{device}' }] }), device('bled', 'six')])
    expect(registry.revision).toBe(revision + 1)
    expect(registry.resolve('bled', 'lake/six').device).toMatchObject({ tenant: 'bled', profile: 'b' })
    expect(registry.tenants.map(({ id }) => id)).toEqual(['kranj', 'bled'])
    registry.apply([tenant('bled'), device('bled', 'six', { profile: 'c' })])
    expect(registry.resolve('bled', 'lake/six').deviceId).toBe('')
    expect(registry.getDevice('bled', 'six')?.profile).toBe('c')
    expect(registry.profileIds).toEqual(['a', 'c'])
    registry.apply([
      { kind: 'device', tenant: 'bled', id: 'six' },
      { kind: 'tenant', id: 'bled' },
    ])
    expect(registry.getTenant('bled')).toBeUndefined()
    expect(registry.getDevice('bled', 'six')).toBeUndefined()
    expect(registry.getDevice('kranj', 'six')).toBeDefined()
  })

  test('takes devices that come before their tenant', () => {
    registry.apply([device('bled', 'six'), tenant('bled')])
    expect(registry.resolve('bled', 'tromost/six/up').device?.id).toBe('six')
  })

  test('is the same as one that is made of what it has become', () => {
    registry.apply([tenant('bled'), device('bled', 'seven', { name: 'Sedem', location: [14, 46] })])
    expect(new Registry(toCompactData(structuredClone(registry.data))).data).toEqual(registry.data)
  })
})

describe('API keys', () => {
  test('speak for devices as these come and go', () => {
    expect(findTenantOfKey(registry, 'own', 'six')).toBe('kranj')
    registry.apply([device('kranj', 'six', { apikey: 'other' })])
    expect(findTenantOfKey(registry, 'own', 'six')).toBeUndefined()
    expect(findTenantOfKey(registry, 'other', 'six')).toBe('kranj')
    registry.apply([{ kind: 'device', tenant: 'kranj', id: 'six' }])
    expect(findTenantOfKey(registry, 'other', 'six')).toBeUndefined()
    expect(findTenantOfKey(registry, 'group', 'six')).toBe('kranj')
  })

  test('go from one tenant to another in one change, whichever is named first', () => {
    const groups = [{ apikey: 'group', profile: 'a' }]
    registry.apply([tenant('bled', { groups }), tenant('kranj')])
    expect(findTenantOfKey(registry, 'group', 'new')).toBe('bled')
    registry.apply([tenant('bled')])
    expect(registry.findKeyHolder('group')).toBeUndefined()
  })
})

test('destinations keep their order when one of them is another, and go without a value', () => {
  const create = (id: string, url: string) => ({ id, url }) as never
  const one = { kind: 'destination', id: 'one', value: create('one', 'b') } as const
  const before = [create('one', 'a'), create('two', 'a')]
  expect(changeDestinations(before, [one])).toEqual([create('one', 'b'), create('two', 'a')])
  expect(changeDestinations(before, [{ kind: 'destination', id: 'one' }])).toEqual([create('two', 'a')])
})
