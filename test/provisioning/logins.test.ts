import { beforeEach, describe, expect, test } from '@jest/globals'
import { Indexes } from '../../src/provisioning/indexes.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import type { Edit } from '../../src/provisioning/provisioning.ts'
import { hashPassword } from '../../src/registry/secret.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { ACTOR, device, KEY, KRANJ, make, NOW, openProvisioning, refuse } from './test-provisioning.ts'

const SIX = { kind: 'device', tenant: 'kranj', id: 'six-1' } as const
const GATE = { kind: 'credential', tenant: 'kranj', id: 'gate' } as const
const RULE = { kind: 'credential', tenant: 'kranj', id: '{device}' } as const
const HOUR_MS = 3_600_000

let engine: MemoryEngine
let provisioning: Provisioning

beforeEach(async () => {
  engine = new MemoryEngine()
  provisioning = await openProvisioning({ engine })
  await make(provisioning, KRANJ, device('six-1'))
})

/** The password that a change shows. */
async function makePassword(edit: Edit): Promise<string> {
  const { secrets } = await make(provisioning, edit)
  expect(secrets).toHaveLength(1)
  return secrets[0]?.password ?? ''
}

/** Of a restarted agent too: what is asked is what was stored. */
async function check(username: string, password: string) {
  const again = await openProvisioning({ engine: engine.reopen() })
  const { credentials } = new Indexes(again.entries(), 'main', KEY)
  return credentials.check(username, Buffer.from(password))
}

describe('a password that the agent makes', () => {
  test('is shown once, proves the device, and is kept as a hash only', async () => {
    const password = await makePassword({ ...SIX, login: { wish: 'make' } })
    expect(await check('six-1', password)).toMatchObject({ id: 'kranj/six-1', device: 'six-1' })
    expect(provisioning.get(SIX)).toMatchObject({ revision: 2, login: { changedAt: NOW } })
    expect(JSON.stringify(provisioning.get(SIX))).not.toMatch(/hmac|hash/)
    const stored = await engine.get('provision', ['device', 'kranj', 'six-1'])
    expect(stored?.toString()).toContain('hmac-sha256$')
    expect(stored?.toString()).not.toContain(password)
  })

  test('is made for a new credential that names none, and not for a change of one', async () => {
    const password = await makePassword({ ...GATE, value: { publish: ['up/#'] } })
    const { secrets } = await make(provisioning, { ...GATE, value: { publish: ['down/#'] } })
    expect(secrets).toEqual([])
    expect(await check('gate', password)).toMatchObject({ publish: ['down/#'] })
  })

  test('is not made by a dry run', async () => {
    const answer = await provisioning.change([{ ...SIX, login: { wish: 'make' } }], {
      actor: ACTOR,
      dryRun: true,
    })
    expect(answer).toMatchObject({ secrets: [] })
    expect(provisioning.get(SIX)?.login).toBeUndefined()
  })
})

describe('in place of a password', () => {
  test('another is taken at once, and the one before no more', async () => {
    const old = await makePassword({ ...SIX, login: { wish: 'make' } })
    const fresh = await makePassword({ ...SIX, login: { wish: 'make' } })
    expect(await check('six-1', old)).toBeUndefined()
    expect(await check('six-1', fresh)).toBeDefined()
  })

  test('another is taken beside it for the time of grace, whatever restarts meanwhile', async () => {
    provisioning = await openProvisioning({ engine, now: Date.now })
    const old = await makePassword({ ...SIX, login: { wish: 'make' } })
    const fresh = await makePassword({ ...SIX, login: { wish: 'make', graceMs: HOUR_MS } })
    expect(await check('six-1', old)).toBeDefined()
    expect(await check('six-1', fresh)).toBeDefined()
    const { changedAt, oldUntil } = provisioning.get(SIX)?.login ?? { changedAt: 0 }
    expect(oldUntil).toBe(changedAt + HOUR_MS)
  })

  test('one whose time of grace is over proves nothing, and its connections are to be looked at again', async () => {
    const old = await makePassword({ ...SIX, login: { wish: 'make' } })
    await makePassword({ ...SIX, login: { wish: 'make', graceMs: HOUR_MS } })
    expect(await check('six-1', old)).toBeUndefined()
    const indexes = new Indexes(provisioning.entries(), 'main', KEY)
    expect(indexes.takeEndedGraces(NOW + HOUR_MS - 1).credentials).toEqual(new Set())
    expect(indexes.takeEndedGraces(NOW + HOUR_MS).credentials).toEqual(new Set(['kranj/six-1']))
    expect(indexes.takeEndedGraces(NOW + HOUR_MS).credentials).toEqual(new Set())
  })

  test('nothing is taken once it is revoked, the certificate included', async () => {
    await make(provisioning, device('six-1', { certificate: { cn: 'six.example' } }))
    const password = await makePassword({ ...SIX, login: { wish: 'make' } })
    await make(provisioning, { ...SIX, login: { wish: 'revoke' } })
    expect(await check('six-1', password)).toBeUndefined()
    expect(provisioning.get(SIX)?.value).not.toHaveProperty('certificate')
  })

  test('a time of grace that is none is refused, and so is a login of what logs in nowhere', async () => {
    expect(await refuse(provisioning, { ...SIX, login: { wish: 'make', graceMs: -1 } })).toEqual([
      'INVALID device kranj/six-1: login: expected graceMs to be milliseconds from 0 to 7776000000, got -1',
    ])
    expect(await refuse(provisioning, { ...KRANJ, login: { wish: 'make' } })).toEqual([
      'INVALID tenant kranj: login: expected one of a device or of a credential that is not the rule of devices',
    ])
  })
})

describe('a password that somebody chose', () => {
  test('stays where a change does not name it', async () => {
    await make(provisioning, device('six-1', { password: 'chosen' }))
    await make(provisioning, device('six-1', { name: 'Six' }))
    expect(await check('six-1', 'chosen')).toBeDefined()
    await make(provisioning, device('six-1', { passwordHash: await hashPassword('other') }))
    expect(await check('six-1', 'chosen')).toBeUndefined()
    expect(await check('six-1', 'other')).toBeDefined()
  })

  test('is refused as a hash that is none, without being shown', async () => {
    expect(await refuse(provisioning, device('six-1', { passwordHash: 'scrypt$nonsense' }))).toEqual([
      'INVALID device kranj/six-1: passwordHash: expected what `tromost secret` printed, got 15 characters',
    ])
  })
})

describe('rights of devices', () => {
  test('are the rule of their tenant, with {device} and {tenant} in it, as soon as it is there', async () => {
    const password = await makePassword({ ...SIX, login: { wish: 'make' } })
    await make(provisioning, { ...RULE, value: { publish: ['{tenant}/{device}/up'] } })
    expect(await check('six-1', password)).toMatchObject({ publish: ['kranj/six-1/up'], subscribe: [] })
    const indexes = new Indexes(provisioning.entries(), 'main', KEY)
    const rule = [...provisioning.entries()].find(({ id }) => id === '{device}')
    const touched = indexes.applyLogins([{ before: rule, after: undefined }])
    expect(touched.tenants).toEqual(new Set(['kranj']))
    expect(await indexes.credentials.check('six-1', Buffer.from(password))).toMatchObject({ publish: [] })
  })
})

describe('names that log in', () => {
  test('are not those of a device and of a credential at once', async () => {
    const expectation = 'expected a name that only one of a device with a password and a credential has'
    await make(provisioning, { ...GATE, value: {} }, device('gate'))
    expect(await refuse(provisioning, { ...SIX, id: 'gate', login: { wish: 'make' } })).toEqual([
      `INVALID device kranj/gate: id: ${expectation}, got "gate"`,
    ])
    await make(provisioning, { ...SIX, login: { wish: 'make' } })
    expect(await refuse(provisioning, { ...GATE, id: 'six-1', value: {} })).toEqual([
      `INVALID credential kranj/six-1: username: ${expectation}, got "six-1"`,
    ])
  })

  test('in certificates are one credential’s only, within one change too', async () => {
    const certificate = { cn: 'shared.example' }
    expect(
      await refuse(provisioning, device('six-1', { certificate }), device('six-2', { certificate })),
    ).toEqual([
      'INVALID device kranj/six-2: certificate.cn: expected a name that no other certificate of the agent has, got "shared.example"',
    ])
  })
})
