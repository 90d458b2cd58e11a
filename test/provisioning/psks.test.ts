import { beforeEach, describe, expect, test } from '@jest/globals'
import { Indexes } from '../../src/provisioning/indexes.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import type { Edit, ShownPsk } from '../../src/provisioning/provisioning.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { device, KEY, KRANJ, make, NOW, openProvisioning, refuse } from './test-provisioning.ts'

const SIX = { kind: 'device', tenant: 'kranj', id: 'six-1' } as const
const GATE = { kind: 'credential', tenant: 'kranj', id: 'gate' } as const
const MAKE = { wish: 'make', of: 'psk' } as const
const GIVEN = '00112233445566778899AABBCCDDEEFF'
const HOUR_MS = 3_600_000

let engine: MemoryEngine
let provisioning: Provisioning

beforeEach(async () => {
  engine = new MemoryEngine()
  provisioning = await openProvisioning({ engine })
  await make(provisioning, KRANJ, device('six-1'))
})

async function makePsk(edit: Edit): Promise<ShownPsk> {
  const { secrets } = await make(provisioning, edit)
  return secrets[0]?.psk ?? { identity: '', key: '' }
}

/** Of a restarted agent: what is asked is what was stored. */
async function open(): Promise<Indexes> {
  const again = await openProvisioning({ engine: engine.reopen() })
  return new Indexes(again.entries(), 'main', KEY)
}

async function check(identity: string) {
  const { credentials } = await open()
  const psk = credentials.findPsk(identity)
  return psk && [psk.key, credentials.checkPsk(identity)?.id]
}

describe('a key for TLS-PSK that the agent makes', () => {
  test('is shown once, proves the device, and is kept sealed', async () => {
    const { identity, key } = await makePsk({ ...SIX, login: MAKE })
    expect(identity).toMatch(/^kranj\/six-1\/[0-9A-Z]{4}$/)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(await check(identity)).toEqual([key, 'kranj/six-1'])
    expect(provisioning.get(SIX)).toMatchObject({ revision: 2, psk: { identity, changedAt: NOW } })
    expect(JSON.stringify(provisioning.get(SIX))).not.toContain(key)
    const stored = await engine.get('provision', ['device', 'kranj', 'six-1'])
    expect(stored?.toString()).not.toContain(key)
  })

  test('leaves the password as it is, and the password leaves it', async () => {
    const { secrets } = await make(provisioning, { ...SIX, login: { wish: 'make' } })
    const password = Buffer.from(secrets[0]?.password ?? '')
    const { identity } = await makePsk({ ...SIX, login: MAKE })
    await make(provisioning, device('six-1', { name: 'Six' }))
    expect(await check(identity)).toBeDefined()
    expect(await (await open()).credentials.check('six-1', password)).toBeDefined()
    await make(provisioning, { ...SIX, login: { wish: 'make' } })
    expect(await check(identity)).toBeDefined()
  })

  test('takes the place of a password of a new credential', async () => {
    const { secrets } = await make(provisioning, { ...GATE, value: { publish: ['up/#'] }, login: MAKE })
    expect(secrets).toMatchObject([{ password: undefined, psk: { key: expect.any(String) } }])
  })

  test('is taken beside another for the time of grace, under a name of its own', async () => {
    provisioning = await openProvisioning({ engine, now: Date.now })
    const old = await makePsk({ ...SIX, login: MAKE })
    const fresh = await makePsk({ ...SIX, login: { ...MAKE, graceMs: HOUR_MS } })
    expect(fresh.identity).not.toBe(old.identity)
    expect(await check(old.identity)).toEqual([old.key, 'kranj/six-1'])
    expect(await check(fresh.identity)).toEqual([fresh.key, 'kranj/six-1'])
  })

  test('is taken no more when the grace is over, and its connections are to be looked at again', async () => {
    const old = await makePsk({ ...SIX, login: MAKE })
    await makePsk({ ...SIX, login: { ...MAKE, graceMs: HOUR_MS } })
    expect(await check(old.identity)).toBeUndefined()
    const indexes = new Indexes(provisioning.entries(), 'main', KEY)
    expect(indexes.takeEndedGraces(NOW + HOUR_MS - 1).credentials).toEqual(new Set())
    expect(indexes.takeEndedGraces(NOW + HOUR_MS).credentials).toEqual(new Set(['kranj/six-1']))
  })

  test('is revoked alone, or with everything else', async () => {
    await make(provisioning, device('six-1', { password: 'chosen', certificate: { cn: 'six' } }))
    const first = await makePsk({ ...SIX, login: MAKE })
    await make(provisioning, { ...SIX, login: { wish: 'revoke', of: 'psk' } })
    expect(await check(first.identity)).toBeUndefined()
    expect(await (await open()).credentials.check('six-1', Buffer.from('chosen'))).toBeDefined()
    expect(provisioning.get(SIX)?.value).toMatchObject({ certificate: { cn: 'six' } })
    const second = await makePsk({ ...SIX, login: MAKE })
    await make(provisioning, { ...SIX, login: { wish: 'revoke' } })
    expect(await check(second.identity)).toBeUndefined()
  })
})

describe('a key for TLS-PSK that is given', () => {
  test('is that of the identity tenant/id, and not shown again', async () => {
    await make(provisioning, device('six-1', { psk: GIVEN }))
    expect(await check('kranj/six-1')).toEqual([GIVEN.toLowerCase(), 'kranj/six-1'])
    expect(JSON.stringify(provisioning.get(SIX))).not.toMatch(/00112233/)
  })

  test('proves nothing any more once it is another, or its device is gone', async () => {
    await make(provisioning, device('six-1', { psk: GIVEN }))
    const { credentials } = await open()
    const proven = credentials.checkPsk('kranj/six-1')
    expect(proven && credentials.isStanding(proven)).toBe(true)
    await make(provisioning, device('six-1', { psk: GIVEN.replace('00', '01') }))
    const after = (await open()).credentials
    expect(proven && after.isStanding(proven)).toBe(false)
    await make(provisioning, SIX)
    expect(await check('kranj/six-1')).toBeUndefined()
  })

  test('is 16 to 64 bytes in hexadecimal, and not printed where it is none', async () => {
    expect(await refuse(provisioning, device('six-1', { psk: 'abcd' }))).toEqual([
      'INVALID device kranj/six-1: psk: expected 16 to 64 bytes as hexadecimal digits, got "(hidden)"',
    ])
  })

  test('keeps a credential from having the name of its device', async () => {
    await make(provisioning, device('six-1', { psk: GIVEN }))
    expect(await refuse(provisioning, { ...GATE, id: 'six-1', value: {} })).toEqual([
      expect.stringContaining('INVALID credential kranj/six-1: username: expected'),
    ])
  })
})
