import { beforeEach, expect, test } from '@jest/globals'
import { listEntityClaims, listUnusualClaims } from '../../src/profiles/entity-claims.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import { BY_PROFILE, device, KRANJ, make, openProvisioning, refuse } from './test-provisioning.ts'

const at = (site: string, profile = 'site') => ({ profile, attributes: { site } })
const TOLD = { ...KRANJ, value: { deviceStatus: true } }

type One = Parameters<typeof listEntityClaims>[0]

let provisioning: Provisioning

beforeEach(async () => {
  provisioning = await openProvisioning()
  await make(provisioning, KRANJ)
})

test('devices may share an entity that is not named after one of them, and not as one of another type', async () => {
  await make(provisioning, device('a', at('7')), device('b', at('7')))
  const refusal = (id: string) =>
    `INVALID device kranj/${id}: id: expected one type for each entity, and urn:ngsi-ld:Site:7 would be Site of device a and Building, got "${id}"`
  expect(await refuse(provisioning, device('c', at('7', 'building')))).toEqual([refusal('c')])
  await make(provisioning, device('c', at('8', 'building')))
  expect(await refuse(provisioning, device('c', at('7', 'building')))).toEqual([refusal('c')])
})

test('within one change too, and what it takes away is in nobody’s way', async () => {
  expect(await refuse(provisioning, device('a', at('7')), device('b', at('7', 'building')))).toHaveLength(2)
  await make(provisioning, device('a', at('7')))
  await make(provisioning, { kind: 'device', tenant: 'kranj', id: 'a' }, device('b', at('7', 'building')))
  await make(provisioning, device('b', at('7')), device('c', at('7')))
})

test('an id that looks like the usual one of another device is seen from both sides', async () => {
  const [first, second] = [device('site-1', at('b-1', 'building')), device('b-1', { profile: 'usual-site' })]
  const problem = (id: string, types: string) =>
    `INVALID device kranj/${id}: id: expected one type for each entity, and urn:ngsi-ld:Site:b-1 would be ${types}, got "${id}"`
  await make(provisioning, first)
  expect(await refuse(provisioning, second)).toEqual([problem('b-1', 'Building of device site-1 and Site')])
  await make(provisioning, { kind: 'device', tenant: 'kranj', id: 'site-1' })
  await make(provisioning, second)
  expect(await refuse(provisioning, first)).toEqual([problem('site-1', 'Site of device b-1 and Building')])
})

test('the devices of another tenant are nobody’s business', async () => {
  await make(provisioning, device('a', at('7')), { kind: 'tenant', id: 'bled', value: {} })
  await make(provisioning, { ...device('b', at('7', 'building')), tenant: 'bled' })
})

test('a tenant whose devices would not have a Device of their own is told so when it wants one of each', async () => {
  await make(provisioning, device('a', { profile: 'gadget' }), device('b'))
  expect(await refuse(provisioning, TOLD)).toEqual([
    'INVALID tenant kranj: deviceStatus: expected one type for each entity, and urn:ngsi-ld:Device:a would be Device of device a and Gadget of device a, got true',
  ])
  const many = ['c', 'd', 'e', 'f', 'g', 'h'].map(id => device(id, { profile: 'gadget' }))
  await make(provisioning, ...many)
  expect(await refuse(provisioning, TOLD)).toHaveLength(5)
  await make(provisioning, ...many.map(({ value: _value, ...place }) => place))
  await make(provisioning, { kind: 'device', tenant: 'kranj', id: 'a' })
  await make(provisioning, TOLD)
  expect(await refuse(provisioning, device('a', { profile: 'gadget' }))).toHaveLength(2)
})

test('once profiles have changed, what they make of the devices that are there counts', async () => {
  let revision = 0
  const [name, entities] = ['six', BY_PROFILE['building'] ?? []]
  const getEntities = ({ profile }: One) =>
    (profile === name && revision > 0 ? entities : BY_PROFILE[profile]) ?? []
  const getSurroundings = () => ({
    profileIds: new Set(['six', 'site']),
    entityTypes: new Set<string>(),
    isBridged: () => false,
    profilesRevision: revision,
    listClaims: (one: One) => listEntityClaims(one, getEntities(one)),
    listUnusualClaims: (one: One) => listUnusualClaims(one, getEntities(one)),
    findKeyOwner: () => undefined,
    findCertificateOwner: () => undefined,
    findAddressFault: () => undefined,
  })
  const changing = await openProvisioning({ getSurroundings })
  await make(changing, KRANJ, device('a', at('7', 'six')), device('b', at('7')))
  revision = 1
  expect(await refuse(changing, device('c', at('7')))).toEqual([
    'INVALID device kranj/c: id: expected one type for each entity, and urn:ngsi-ld:Site:7 would be Building of device a and Site, got "c"',
  ])
})

test('a thousand devices that share one entity are looked at in a moment each', async () => {
  let asked = 0
  const getSurroundings = () => ({
    profileIds: new Set(['site']),
    entityTypes: new Set<string>(),
    isBridged: () => false,
    profilesRevision: 0,
    listClaims: (one: One) => {
      asked += 1
      return listEntityClaims(one, BY_PROFILE[one.profile] ?? [])
    },
    listUnusualClaims: (one: One) => {
      asked += 1
      return listUnusualClaims(one, BY_PROFILE[one.profile] ?? [])
    },
    findKeyOwner: () => undefined,
    findCertificateOwner: () => undefined,
    findAddressFault: () => undefined,
  })
  const many = await openProvisioning({ getSurroundings })
  await make(many, KRANJ)
  const ids = Array.from({ length: 1_000 }, (_, index) => `d-${index}`)
  await make(many, ...ids.map(id => device(id, at('7'))))
  expect(asked).toBeLessThan(6_000)
  asked = 0
  await make(many, device('one-more', at('7')))
  expect(asked).toBeLessThan(10)
})
