import { describe, expect, test } from '@jest/globals'
import type { AuditEvent } from '../../src/audit/audit-record.ts'
import type { Change } from '../../src/journal/engine.ts'
import { CONFIGURATION_KINDS, PROVISION_KINDS } from '../../src/provisioning/file-entries.ts'
import type { Changed } from '../../src/provisioning/provisioning.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import {
  ACTOR,
  createSurroundings,
  describeRefusals,
  device,
  fromFile,
  KEY,
  KRANJ,
  make,
  NOW,
  openProvisioning,
  refuse,
} from './test-provisioning.ts'

const SIX = { kind: 'device', tenant: 'kranj', id: 'six-1' } as const
const SIX_VALUE = { tenant: 'kranj', id: 'six-1', profile: 'six', attributes: {} }
const SIX_OF_FILE = fromFile(SIX, SIX_VALUE)
const BROKER = { kind: 'destination', id: 'broker' } as const
const BROKER_VALUE = { dialect: 'ngsi-ld', url: 'http://broker.example' }

describe('a change', () => {
  test('answers what was before and what is now', async () => {
    const provisioning = await openProvisioning()
    const { changes } = await make(provisioning, KRANJ, device('six-1', { name: 'Škofja Loka' }))
    const value = { tenant: 'kranj', id: 'six-1', profile: 'six', name: 'Škofja Loka', attributes: {} }
    const after = { ...SIX, source: 'api', revision: 1, updatedAt: NOW, value }
    expect(changes[1]).toEqual({ before: undefined, after })
    expect(provisioning.get(SIX)).toEqual(after)
    const { changes: removed } = await make(provisioning, { ...SIX })
    expect(removed).toEqual([{ before: after, after: undefined }])
    expect(provisioning.get(SIX)).toBeUndefined()
  })

  test('is there after a restart, and one that was not committed is not', async () => {
    const engine = new MemoryEngine()
    const provisioning = await openProvisioning({ engine })
    await make(
      provisioning,
      KRANJ,
      device('six-1', { location: { crs: 'EPSG:3794', e: 461_700, n: 101_300 } }),
    )
    engine.fail(new Error('no space left'))
    await expect(make(provisioning, device('six-2'))).rejects.toThrow('no space left')
    expect(provisioning.get({ ...SIX, id: 'six-2' })).toBeUndefined()
    engine.fail()
    const again = await openProvisioning({ engine: engine.reopen() })
    expect(again.get(SIX)).toEqual(provisioning.get(SIX))
    expect(again.get(SIX)?.value).toMatchObject({ location: [expect.any(Number), expect.any(Number)] })
    expect(again.list('device', { limit: 10 }).total).toBe(1)
  })

  test('of several wishes is made as a whole or not at all', async () => {
    const provisioning = await openProvisioning()
    expect(await refuse(provisioning, KRANJ, device('six-1'), device('six-2', { profile: 'nine' }))).toEqual([
      'INVALID device kranj/six-2: profile: expected the id of a loaded profile, got "nine"',
    ])
    expect(provisioning.list('tenant', { limit: 10 }).items).toEqual([])
  })

  test('that is a dry run says what would be, and changes nothing', async () => {
    const provisioning = await openProvisioning()
    const answer = await provisioning.change([KRANJ], { actor: ACTOR, dryRun: true })
    expect(answer).toMatchObject({ changes: [{ before: undefined, after: { revision: 1 } }] })
    expect(provisioning.get(KRANJ)).toBeUndefined()
  })

  test('warns of a password that can be guessed, and of devices for which nobody can send', async () => {
    const getSurroundings = () => ({
      ...createSurroundings(),
      isBridged: (tenant: string) => tenant === 'bled',
    })
    const provisioning = await openProvisioning({ getSurroundings })
    const guessed = await make(provisioning, KRANJ, device('six-1', { password: '12345' }))
    expect(guessed.warnings).toEqual([
      'device kranj/six-1: its password is shorter than 12 characters and can be guessed',
    ])
    const unheard =
      'tenant kranj: nobody can send for devices that have no password yet: it has no credential, group or bridge'
    expect((await make(provisioning, device('six-2'), device('six-3'))).warnings).toEqual([unheard])
    expect((await make(provisioning, device('six-2', { apikey: 'k' }))).warnings).toEqual([])
    const long = await make(provisioning, device('six-5', { password: '123456789012' }))
    expect(long.warnings).toEqual([])
    const groups = [{ apikey: 'g', profile: 'six' }]
    for (const [id, value] of [
      ['bled', {}],
      ['vrba', { groups }],
    ] as const) {
      const first = { kind: 'device', tenant: id, id: 'x', value: { profile: 'six' } } as const
      expect((await make(provisioning, { kind: 'tenant', id, value }, first)).warnings).toEqual([])
    }
    const gateway = { kind: 'credential', tenant: 'kranj', id: 'gate', value: { publish: ['#'] } } as const
    expect((await make(provisioning, gateway, device('six-4'))).warnings).toEqual([])
  })

  test('that changes nothing leaves the revision as it is', async () => {
    const provisioning = await openProvisioning()
    await make(provisioning, KRANJ, device('six-1'))
    const { changes } = await make(provisioning, device('six-1'), device('six-1', { name: 'Six' }))
    expect(changes.map(({ after }) => after?.revision)).toEqual([2, 2])
    await make(provisioning, device('six-1', { name: 'Six' }))
    expect(provisioning.get(SIX)?.revision).toBe(2)
  })

  test('tells the audit log, in the same commit, without what is secret', async () => {
    const engine = new MemoryEngine()
    const records: AuditEvent[] = []
    const audit = {
      commit: async (events: readonly AuditEvent[], changes: readonly Change[]) => {
        records.push(...events)
        await engine.commit(changes)
      },
    }
    const provisioning = await openProvisioning({ engine, audit })
    await make(provisioning, KRANJ, device('six-1', { password: 'planted-secret' }))
    expect(engine.commits).toBe(1)
    expect(records.map(({ action, actor, place }) => [action, actor.name, place.id])).toEqual([
      ['create', 'Ana', 'kranj'],
      ['create', 'Ana', 'six-1'],
    ])
    expect(JSON.stringify(records)).not.toMatch(/planted-secret|hmac/)
    await make(provisioning, KRANJ)
    expect(records).toHaveLength(2)
    await make(provisioning, { ...SIX, login: { wish: 'make' } })
    await make(provisioning, { ...SIX, login: { wish: 'revoke' } }, device('six-1', { name: 'Six' }))
    await make(provisioning, { ...SIX, login: { wish: 'make' } })
    await make(provisioning, { ...SIX, login: { wish: 'revoke' } })
    await make(provisioning, { ...SIX })
    const actions = records.slice(2).map(({ action }) => action)
    expect(actions).toEqual(['rotate', 'update', 'rotate', 'revoke', 'delete'])
  })
})

describe('an edit for a revision', () => {
  test('is refused where the thing has another one, is not there, or is there already', async () => {
    const provisioning = await openProvisioning()
    await make(provisioning, KRANJ)
    expect(await refuse(provisioning, { ...KRANJ, ifRevision: 0 })).toEqual([
      'EXISTS tenant kranj: expected none of this id, got one of revision 1',
    ])
    expect(await refuse(provisioning, { ...KRANJ, ifRevision: 3 })).toEqual([
      'CHANGED tenant kranj: expected revision 3, got 1',
    ])
    expect(await refuse(provisioning, { ...device('six-1'), ifRevision: 1 })).toEqual([
      'CHANGED device kranj/six-1: expected revision 1, got none',
    ])
    expect(await refuse(provisioning, { ...SIX })).toEqual([
      'NOT_FOUND device kranj/six-1: expected one that is there, got none',
    ])
    await make(provisioning, { ...KRANJ, value: { brokerTenant: 'kr' }, ifRevision: 1 })
    expect(provisioning.get(KRANJ)?.revision).toBe(2)
  })
})

describe('what is refused', () => {
  test('names key, expectation and value', async () => {
    const provisioning = await openProvisioning()
    await make(provisioning, KRANJ)
    expect(await refuse(provisioning, device('six-1', { profil: 'six', location: [14.5] }))).toEqual([
      'INVALID device kranj/six-1: location: expected at least 2, got [14.5]',
      'INVALID device kranj/six-1: profil: this key is not known',
    ])
    expect(await refuse(provisioning, device('a/b'))).toEqual([
      expect.stringMatching(/^INVALID device kranj\/a\/b: id: expected 1 to 128 characters .*, got "a\/b"$/),
    ])
    expect(await refuse(provisioning, { ...SIX, value: { profile: 'six', id: 'six-2' } })).toEqual([
      'INVALID device kranj/six-1: id: expected "six-1", as its address says, got another',
    ])
    expect(await refuse(provisioning, { ...SIX, tenant: 'bled', value: { profile: 'six' } })).toEqual([
      'INVALID device bled/six-1: tenant: expected the id of a tenant, got "bled"',
    ])
    expect(await refuse(provisioning, { ...KRANJ, value: { destinations: ['other'] } })).toEqual([
      'INVALID tenant kranj: destinations.0: expected one of the destinations main, got "other"',
    ])
    expect(await refuse(provisioning, { ...BROKER, value: [] })).toEqual([
      'INVALID destination broker: expected an object of keys and values',
    ])
  })

  test('reads nothing that the agent could read: references are for files', async () => {
    const provisioning = await openProvisioning()
    const auth = { kind: 'bearer', token: ['$', '{file:/etc/hostname}'].join('') }
    expect(await refuse(provisioning, { ...BROKER, value: { ...BROKER_VALUE, auth } })).toEqual([
      'INVALID destination broker: auth.token: expected the value itself: references to the environment and to files are for files',
    ])
  })

  test('is what others still name', async () => {
    const provisioning = await openProvisioning()
    await make(provisioning, { ...BROKER, value: BROKER_VALUE })
    await make(provisioning, { ...KRANJ, value: { destinations: ['broker'] } }, device('six-1'))
    expect(await refuse(provisioning, { ...BROKER })).toEqual([
      'IN_USE destination broker: expected no tenant that names it, got kranj',
    ])
    expect(await refuse(provisioning, { kind: 'tenant', id: 'kranj' })).toEqual([
      'IN_USE tenant kranj: expected no device of it any more, got 1',
    ])
    await make(provisioning, { ...SIX }, { kind: 'tenant', id: 'kranj' }, { ...BROKER })
    expect(provisioning.list('destination', { limit: 10 }).items.map(({ id }) => id)).toEqual(['main'])
  })

  test('is a device whose entities would be those of another one', async () => {
    const provisioning = await openProvisioning()
    const expectation = (other: string, safe = 'sola') =>
      `expected an id that gives entities of its own, unlike that of device ${other} (urn:ngsi-ld:WeatherObserved:${safe})`
    await make(provisioning, KRANJ, device('šola'))
    expect(await refuse(provisioning, device('sola'))).toEqual([
      `INVALID device kranj/sola: id: ${expectation('šola')}, got "sola"`,
    ])
    await make(provisioning, device('sola', { profile: 'eight' }))
    expect(await refuse(provisioning, device('ŝola'))).toHaveLength(1)
    expect(await refuse(provisioning, device('žaga'), device('zaga'))).toEqual([
      `INVALID device kranj/žaga: id: ${expectation('zaga', 'zaga')}, got "žaga"`,
      `INVALID device kranj/zaga: id: ${expectation('žaga', 'zaga')}, got "zaga"`,
    ])
    await make(provisioning, { ...SIX, id: 'šola' }, device('sola'), device('solá', { profile: 'eight' }))
  })

  test('is an API key of another tenant, within one change too', async () => {
    const provisioning = await openProvisioning()
    const groups = [{ apikey: 'shared', profile: 'six' }]
    const bled = { kind: 'tenant', id: 'bled', value: { groups } } as const
    expect(await refuse(provisioning, { ...KRANJ, value: { groups } }, bled)).toEqual([
      'INVALID tenant bled: groups.0.apikey: expected an API key that no other tenant has, got "that of another tenant"',
    ])
  })
})

describe('what a file has', () => {
  const kranj = { id: 'kranj', groups: [], routes: [] }
  const fromFiles = [
    fromFile({ kind: 'destination', id: 'main' }, {}),
    fromFile({ kind: 'tenant', id: 'kranj' }, kranj),
  ]

  test('is changed there, and what the API has is not changed by a file', async () => {
    const provisioning = await openProvisioning({ fromFiles })
    expect(await refuse(provisioning, KRANJ)).toEqual([
      'FROM_FILE tenant kranj: expected one that no file has, got one of provision.yaml: change it there',
    ])
    await make(provisioning, device('six-1'))
    const answer = await provisioning.useFile([...fromFiles, SIX_OF_FILE], PROVISION_KINDS, ACTOR)
    expect(describeRefusals(answer)).toEqual([
      'FROM_FILE device kranj/six-1: expected an id that nothing has which came over the API: remove one of the two',
    ])
  })

  test('is another when the file is, and is not written to the store', async () => {
    const engine = new MemoryEngine()
    const provisioning = await openProvisioning({ fromFiles, engine })
    const [, tenant] = fromFiles
    if (tenant === undefined) throw new Error('expected a tenant')
    const { changes } = (await provisioning.useFile([tenant, SIX_OF_FILE], PROVISION_KINDS, ACTOR)) as Changed
    expect(changes.map(({ after }) => after?.id)).toEqual(['six-1'])
    expect(provisioning.get(SIX)).toMatchObject({ source: 'file', revision: 1 })
    const renamed = { ...SIX_OF_FILE, value: { ...SIX_VALUE, name: 'Six' } }
    await provisioning.useFile([tenant, renamed], PROVISION_KINDS, ACTOR)
    expect(provisioning.get(SIX)).toMatchObject({ revision: 2, value: { name: 'Six' } })
    await provisioning.useFile([tenant], PROVISION_KINDS, ACTOR)
    expect(provisioning.get(SIX)).toBeUndefined()
    expect(engine.commits).toBe(0)
  })

  test('of destinations leaves what the other file tells as it is, and takes none away that is named', async () => {
    const second = fromFile({ kind: 'destination', id: 'second' }, {})
    const named = fromFile({ kind: 'tenant', id: 'kranj' }, { ...kranj, destinations: ['second'] })
    const provisioning = await openProvisioning({ fromFiles: [...fromFiles.slice(0, 1), second, named] })
    const use = (...entries: (typeof second)[]) => provisioning.useFile(entries, CONFIGURATION_KINDS, ACTOR)
    expect(describeRefusals(await use(...fromFiles.slice(0, 1)))).toEqual([
      'IN_USE destination second: expected no tenant that names it, got kranj',
    ])
    expect(describeRefusals(await use(...fromFiles.slice(0, 1), second))).toEqual([])
    expect(provisioning.get({ kind: 'tenant', id: 'kranj' })).toMatchObject({ revision: 1 })
  })

  test('may not be in the store as well, nor leave it with names of what is gone', async () => {
    const engine = new MemoryEngine()
    await make(await openProvisioning({ engine }), KRANJ, device('six-1'))
    await expect(openProvisioning({ engine, fromFiles })).rejects.toThrow(
      'provision.yaml: tenant kranj: expected an id that is not in the store, got one that is',
    )
    const surroundings = {
      isBridged: () => false,
      profilesRevision: 0,
      listClaims: () => [],
      listUnusualClaims: () => [],
      findKeyOwner: () => undefined,
      findCertificateOwner: () => undefined,
      findAddressFault: () => undefined,
    }
    const getSurroundings = () => ({
      ...surroundings,
      profileIds: new Set<string>(),
      entityTypes: new Set<string>(),
    })
    await expect(openProvisioning({ engine, getSurroundings })).rejects.toThrow(
      'device kranj/six-1: profile: expected the id of a loaded profile, got "six"',
    )
  })
})

describe('secrets of a destination', () => {
  const auth = { kind: 'bearer', token: 'planted-token' }

  test('are neither shown nor readable in the store, and known again after a restart', async () => {
    const engine = new MemoryEngine()
    const provisioning = await openProvisioning({ engine })
    const answer = await make(provisioning, { ...BROKER, value: { ...BROKER_VALUE, auth } })
    expect(JSON.stringify(answer)).not.toContain('planted-token')
    expect(provisioning.get(BROKER)?.value).toEqual({
      ...BROKER_VALUE,
      id: 'broker',
      auth: { kind: 'bearer' },
    })
    const stored = await engine.get('provision', ['destination', '', 'broker'])
    expect(stored?.toString()).not.toContain('planted')
    const again = await openProvisioning({ engine: engine.reopen() })
    const known = [...again.entries()].find(({ id }) => id === 'broker')
    expect(known?.parsed).toMatchObject({ auth })
    await expect(openProvisioning({ engine, key: Buffer.alloc(32, 8) })).rejects.toThrow()
    expect(KEY).toHaveLength(32)
  })

  test('stay where a change does not name them, unless it sends them elsewhere', async () => {
    const provisioning = await openProvisioning()
    await make(provisioning, { ...BROKER, value: { ...BROKER_VALUE, auth } })
    const shown = provisioning.get(BROKER)?.value as typeof BROKER_VALUE
    await make(provisioning, { ...BROKER, value: { ...shown, compression: 'gzip' } })
    const known = [...provisioning.entries()].find(({ id }) => id === 'broker')
    expect(known?.parsed).toMatchObject({ auth, compression: 'gzip' })
    expect(
      await refuse(provisioning, { ...BROKER, value: { ...shown, url: 'http://thief.example' } }),
    ).toEqual(['INVALID destination broker: auth.token: expected string, got nothing'])
  })
})
