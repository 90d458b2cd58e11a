import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { formatFault } from '../../src/document.ts'
import { Indexes } from '../../src/provisioning/indexes.ts'
import { loadProvision } from '../../src/provisioning/load.ts'
import type { Credential } from '../../src/registry/credentials.ts'
import type { ProvisionInput } from '../../src/registry/provision.ts'
import { hashPassword, hashSecret } from '../../src/registry/secret.ts'

const KEY = randomBytes(32)
const TENANTS = [{ id: 'kranj' }]
const DEVICE = { tenant: 'kranj', id: 'dev', profile: 'known' }

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'provision-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('destinations of a tenant', () => {
  test('are those that it names, or the first one of the configuration', () => {
    const { registry } = load({ tenants: [{ id: 'kranj' }, { id: 'bled', destinations: ['other', 'main'] }] })
    expect(registry.tenants.map(({ id, destinations }) => [id, destinations])).toEqual([
      ['kranj', [{ id: 'main' }]],
      ['bled', [{ id: 'other' }, { id: 'main' }]],
    ])
  })

  test('may each be for some entity types only', () => {
    const destinations = ['main', { id: 'other', types: ['WeatherObserved'] }]
    const { registry } = load({ tenants: [{ id: 'kranj', destinations }] })
    expect(registry.getTenant('kranj')?.destinations).toEqual([
      { id: 'main' },
      { id: 'other', types: ['WeatherObserved'] },
    ])
  })
})

describe('credentials', () => {
  test('{device} in a filter is any device, {tenant} the tenant', async () => {
    const publish = ['tromost/{device}/up', '{tenant}/+/#', 'plain']
    const subscribe = ['{tenant}/{device}/down']
    const login = { tenant: 'kranj', username: 'gateway', password: 'secret', publish, subscribe }
    expect(await logIn(load({ tenants: TENANTS, credentials: [login] }), 'gateway', 'secret')).toMatchObject({
      id: 'kranj/gateway',
      tenant: 'kranj',
      publish: ['tromost/+/up', 'kranj/+/#', 'plain'],
      subscribe: ['kranj/+/down'],
    })
  })

  test('of a device are the rule of its tenant, with its own id in it', async () => {
    const rule = {
      username: '{device}',
      publish: ['{tenant}/{device}/up'],
      subscribe: ['{tenant}/{device}/down'],
    }
    const loaded = load({
      tenants: [...TENANTS, { id: 'bled' }],
      credentials: [
        { ...rule, tenant: 'kranj' },
        { ...rule, tenant: 'bled', publish: ['elsewhere'] },
      ],
      devices: [{ ...DEVICE, password: 'secret' }],
    })
    expect(await logIn(loaded, 'dev', 'secret')).toMatchObject({
      id: 'kranj/dev',
      device: 'dev',
      publish: ['kranj/dev/up'],
      subscribe: ['kranj/dev/down'],
    })
    expect(await logIn(loaded, '{device}', 'secret')).toBeUndefined()
  })

  test('of a device without a rule name no filter', async () => {
    const loaded = load({ tenants: TENANTS, devices: [{ ...DEVICE, password: 'secret' }] })
    expect(await logIn(loaded, 'dev', 'secret')).toMatchObject({ device: 'dev', publish: [], subscribe: [] })
  })

  test('of a device whose id holds signs that mean something elsewhere are still its own', async () => {
    const loaded = load({
      tenants: TENANTS,
      credentials: [{ tenant: 'kranj', username: '{device}', publish: ['a/{device}/b'] }],
      devices: [{ ...DEVICE, id: "x$$y$&z$'", password: 'secret' }],
    })
    expect((await logIn(loaded, "x$$y$&z$'", 'secret'))?.publish).toEqual(["a/x$$y$&z$'/b"])
  })

  test('of a device without a password are none', async () => {
    const loaded = load({ tenants: TENANTS, devices: [DEVICE] })
    expect(loaded.credentials.isEmpty).toBe(true)
    expect(await logIn(loaded, 'dev', '')).toBeUndefined()
  })

  test('may be given as what `tromost secret` prints, in both forms', async () => {
    const loaded = load({
      tenants: TENANTS,
      credentials: [
        { tenant: 'kranj', username: 'keyed', passwordHash: hashSecret('one', KEY) },
        { tenant: 'kranj', username: 'chosen', passwordHash: await hashPassword('two') },
      ],
      devices: [{ ...DEVICE, passwordHash: hashSecret('three', KEY) }],
    })
    expect(await logIn(loaded, 'keyed', 'one')).toMatchObject({ id: 'kranj/keyed' })
    expect(await logIn(loaded, 'chosen', 'two')).toMatchObject({ id: 'kranj/chosen' })
    expect(await logIn(loaded, 'dev', 'three')).toMatchObject({ id: 'kranj/dev' })
    expect(await logIn(loaded, 'dev', 'two')).toBeUndefined()
  })

  test('may come from the environment and from files', async () => {
    writeFileSync(join(folder, 'password'), 'from a file\n')
    const credentials = [
      { tenant: 'kranj', username: 'a', password: `\${env:GATEWAY}` },
      { tenant: 'kranj', username: 'b', password: `\${file:${join(folder, 'password')}}` },
    ]
    const loaded = load({ tenants: TENANTS, credentials }, { GATEWAY: 'from outside' })
    expect(await logIn(loaded, 'a', 'from outside')).toMatchObject({ id: 'kranj/a' })
    expect(await logIn(loaded, 'b', 'from a file')).toMatchObject({ id: 'kranj/b' })
  })
})

describe('faults', () => {
  test('of references, of the schema and of what entries say of each other name the file', () => {
    const login = { tenant: 'kranj', username: 'a', password: `\${env:GATEWAY}` }
    expect(loadFaults({ tenants: TENANTS, credentials: [login] })).toEqual([
      'credentials.0.password: expected the environment variable GATEWAY to be set, got nothing (line 6, column 5)',
    ])
    expect(loadFaults({ tenants: [{ id: '' }] })).toEqual([
      'tenants.0.id: expected 1 to 50 lower-case letters, digits or _, got "" (line 2, column 5)',
    ])
    expect(loadFaults({ devices: [DEVICE] })).toEqual([
      'devices.0.tenant: expected the id of a tenant, got "kranj" (line 2, column 5)',
    ])
  })

  test('an empty file has none, and gives nothing', () => {
    const path = write('')
    expect(loadProvision(toOptions(path, {}))).toEqual({ value: [] })
  })
})

function write(text: string): string {
  const path = join(folder, 'provision.yaml')
  writeFileSync(path, text)
  return path
}

function toOptions(file: string, environment: Readonly<Record<string, string>>) {
  return {
    ...{ file, environment, key: KEY },
    profileIds: new Set(['known']),
    destinationIds: ['main', 'other'],
    entityTypes: new Set(['WeatherObserved']),
  }
}

function load(input: ProvisionInput, environment: Readonly<Record<string, string>> = {}): Indexes {
  const loaded = loadProvision(toOptions(write(stringify(input)), environment))
  if (loaded.faults !== undefined) throw new Error(loaded.faults.map(formatFault).join('\n'))
  return new Indexes(loaded.value, 'main', KEY)
}

function loadFaults(input: ProvisionInput): readonly string[] {
  const path = write(stringify(input))
  const { faults = [] } = loadProvision(toOptions(path, {}))
  return faults.map(fault => formatFault(fault).replace(`${path}: `, ''))
}

function logIn(
  { credentials }: Indexes,
  username: string,
  password: string,
): Promise<Credential | undefined> {
  return credentials.check(username, Buffer.from(password))
}
