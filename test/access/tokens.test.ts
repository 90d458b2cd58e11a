import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Actor } from '../../src/provisioning/provisioning.ts'
import { ADMIN, TestAccess } from './test-access.ts'

const HOUR_MS = 3_600_000
const KRANJ_ADMIN: Actor = { name: 'token:mayor', role: 'admin', tenant: 'kranj', from: '192.0.2.2' }

let own: TestAccess

beforeEach(async () => {
  own = await TestAccess.open()
})

afterEach(() => own.close())

describe('the token of the first start', () => {
  test('is made once, and is an admin of the whole agent', async () => {
    const { fresh = '' } = own.tokens
    expect(fresh).toMatch(/^[0-9A-Z]{26}$/)
    expect(await own.ask(fresh)).toBe('token:setup admin')
    await own.restart()
    expect(own.tokens.fresh).toBeUndefined()
    expect(await own.ask(fresh)).toBe('token:setup admin')
  })

  test('of a data folder that an earlier version made is taken', async () => {
    own.key.fill(0)
    // HMAC-SHA-256 under a key of zeros, as openssl makes it.
    writeFileSync(join(own.dataDir, 'admin-token.hash'), 'XmFdL+Tza9ksXjUHSL/J88g+l1EfOUHyHHvkDdGYnq0=')
    await own.restart()
    expect(own.tokens.fresh).toBeUndefined()
    expect(await own.ask('0123456789ABCDEFGHJKMNPQRS')).toBe('token:setup admin')
  })

  test('is kept as a keyed hash only, for its owner only', async () => {
    const path = join(own.dataDir, 'admin-token.hash')
    expect(readFileSync(path, 'utf8')).not.toContain(own.tokens.fresh)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('is made anew when its file was removed, and the one before is none any more', async () => {
    const { fresh: before = '' } = own.tokens
    rmSync(join(own.dataDir, 'admin-token.hash'))
    await own.restart()
    const { fresh = '' } = own.tokens
    expect([await own.ask(before), await own.ask(fresh)]).toEqual(['refused', 'token:setup admin'])
  })

  test.each(['', 'AAAA', 'nonsense!'])('is nobody’s when its file is damaged: %j', async stored => {
    const { fresh = '' } = own.tokens
    writeFileSync(join(own.dataDir, 'admin-token.hash'), stored)
    await own.restart()
    expect([await own.ask(fresh), own.tokens.fresh]).toEqual(['refused', undefined])
  })

  test('can be revoked once there is another admin, and stays so', async () => {
    const { fresh = '' } = own.tokens
    expect(await own.tokens.revoke('setup', false, ADMIN)).toBe('TOKEN_LAST')
    await own.create({ name: 'head', role: 'admin', expiresAt: own.now + HOUR_MS })
    expect(await own.tokens.revoke('setup', false, ADMIN)).toBe('TOKEN_LAST')
    await own.create({ name: 'heads', role: 'admin' })
    expect(await own.tokens.revoke('setup', false, ADMIN)).toBe('done')
    await own.restart()
    expect([await own.ask(fresh), own.tokens.fresh]).toEqual(['refused', undefined])
  })

  test('can be rotated, and the new one survives a restart', async () => {
    const shown = await own.tokens.rotate('setup', 0, ADMIN)
    const secret = typeof shown === 'string' ? shown : shown.secret
    await own.restart()
    expect(await own.ask(secret)).toBe('token:setup admin')
    expect(await own.ask(own.tokens.fresh ?? 'none')).toBe('refused')
  })
})

describe('a token', () => {
  test('is shown once, and nowhere in the store', async () => {
    const { secret } = await own.create({ name: 'grafana', role: 'viewer', tenant: 'kranj' })
    expect(secret).toMatch(/^tromost_[0-9A-Z]{26}$/)
    const [entry] = await own.engine.range('access', { within: ['token'], from: ['token'], limit: 9 })
    const stored = JSON.stringify([entry?.value.toString(), own.tokens.list(ADMIN), await own.listAudit()])
    expect(stored).toContain('grafana')
    expect(stored).not.toContain(secret.slice('tromost_'.length))
  })

  test('is worth nothing under another key', async () => {
    const { secret } = await own.create({ name: 'grafana', role: 'viewer' })
    own.key.fill(1)
    expect(await own.ask(secret)).toBe('refused')
  })

  test('ends when it expires, to the millisecond', async () => {
    const { secret } = await own.create({ name: 'guest', role: 'viewer', expiresAt: own.now + HOUR_MS })
    own.now += HOUR_MS - 1
    expect(await own.ask(secret)).toBe('token:guest viewer')
    own.now += 1
    expect(await own.ask(secret)).toBe('refused')
    expect(own.logs).toEqual([
      { from: '192.0.2.7', reason: 'the token guest has expired', msg: 'a login was refused' },
    ])
  })

  test('that is rotated is taken beside the new one until the grace ends', async () => {
    const { id, secret } = await own.create({ name: 'grafana', role: 'viewer' })
    const shown = await own.tokens.rotate(id, HOUR_MS, ADMIN)
    const next = typeof shown === 'string' ? shown : shown.secret
    await own.restart()
    own.now += HOUR_MS - 1
    expect([await own.ask(secret), await own.ask(next)]).toEqual(Array(2).fill('token:grafana viewer'))
    own.now += 1
    expect([await own.ask(secret), await own.ask(next)]).toEqual(['refused', 'token:grafana viewer'])
  })

  test('that is rotated twice within the grace leaves two secrets, not three', async () => {
    const { id, secret } = await own.create({ name: 'grafana', role: 'viewer' })
    await own.tokens.rotate(id, HOUR_MS, ADMIN)
    await own.tokens.rotate(id, HOUR_MS, ADMIN)
    expect(await own.ask(secret)).toBe('refused')
  })

  test('that has an end lives as long again after a rotation', async () => {
    const { id } = await own.create({ name: 'guest', role: 'viewer', expiresAt: own.now + 10 * HOUR_MS })
    own.now += 4 * HOUR_MS
    expect(await own.tokens.rotate(id, 0, ADMIN)).toMatchObject({
      token: { expiresAt: own.now + 10 * HOUR_MS, rotatedAt: own.now },
    })
  })

  test('that is revoked is none from then on, also after a restart', async () => {
    const { id, secret } = await own.create({ name: 'grafana', role: 'viewer' })
    expect(await own.tokens.revoke(id, false, ADMIN)).toBe('done')
    expect(await own.ask(secret)).toBe('refused')
    await own.restart()
    expect(await own.ask(secret)).toBe('refused')
  })

  test('has a name of its own within its tenant', async () => {
    await own.create({ name: 'grafana', role: 'viewer', tenant: 'kranj' })
    await own.create({ name: 'grafana', role: 'viewer', tenant: 'bled' })
    expect(await own.tokens.create({ name: 'grafana', role: 'admin', tenant: 'kranj' }, ADMIN)).toBe(
      'TOKEN_NAME_TAKEN',
    )
  })

  test('says roughly when it was last used, and writes that rarely', async () => {
    const { id, secret } = await own.create({ name: 'grafana', role: 'viewer' })
    const used = () => own.tokens.list(ADMIN).find(token => token.id === id)?.lastUsedAt
    const first = own.now
    await own.ask(secret)
    const { commits } = own.engine
    own.now += 9 * 60_000
    await own.ask(secret)
    expect(used()).toBe(first)
    own.now += 2 * 60_000
    await own.ask(secret)
    expect(used()).toBe(own.now)
    // A change that comes later has waited for the one before.
    await own.tokens.rotate(id, 0, ADMIN)
    expect(own.engine.commits - commits).toBeLessThanOrEqual(3)
    await own.restart()
    expect(used()).toBe(own.now)
  })

  test('is not made when the store does not keep it', async () => {
    own.engine.fail(new Error('disk'))
    await expect(own.create({ name: 'grafana', role: 'viewer' })).rejects.toThrow('disk')
    own.engine.fail()
    expect(own.tokens.list(ADMIN).map(({ name }) => name)).toEqual(['setup'])
    await own.create({ name: 'grafana', role: 'viewer' })
    expect((await own.listAudit()).map(({ number }) => number)).toEqual([1, 2])
  })
})

describe('an admin of a tenant', () => {
  test('sees, rotates and revokes the tokens of that tenant, and no others are there', async () => {
    const { id: foreign } = await own.create({ name: 'grafana', role: 'viewer', tenant: 'bled' })
    const { id } = await own.create({ name: 'grafana', role: 'viewer', tenant: 'kranj' })
    expect(own.tokens.list(KRANJ_ADMIN).map(token => token.id)).toEqual([id])
    for (const other of [foreign, 'setup', 'nothing']) {
      expect(await own.tokens.rotate(other, 0, KRANJ_ADMIN)).toBe('TOKEN_UNKNOWN')
      expect(await own.tokens.revoke(other, true, KRANJ_ADMIN)).toBe('TOKEN_UNKNOWN')
    }
    expect(await own.tokens.revoke(id, false, KRANJ_ADMIN)).toBe('done')
  })
})

test('what is made, rotated and revoked is in the audit log with who did it', async () => {
  const { id } = await own.create({ name: 'grafana', role: 'viewer', tenant: 'kranj' })
  await own.tokens.rotate(id, HOUR_MS, ADMIN)
  await own.tokens.revoke(id, false, KRANJ_ADMIN)
  const records = await own.listAudit()
  expect(records.map(({ action, place, actor, from }) => [action, place, actor.name, from])).toEqual([
    ['create', { kind: 'token', id: 'setup' }, 'agent', 'this machine'],
    ['create', { kind: 'token', tenant: 'kranj', id }, 'token:setup', '192.0.2.1'],
    ['rotate', { kind: 'token', tenant: 'kranj', id }, 'token:setup', '192.0.2.1'],
    ['revoke', { kind: 'token', tenant: 'kranj', id }, 'token:mayor', '192.0.2.2'],
  ])
  expect(records[3]).toMatchObject({ before: { name: 'grafana', role: 'viewer' }, outcome: 'done' })
  expect(records[3]).not.toHaveProperty('after')
})

test('a data folder that cannot be written is told', async () => {
  rmSync(join(own.dataDir, 'admin-token.hash'))
  mkdirSync(join(own.dataDir, 'admin-token.hash.new'))
  await expect(own.restart()).rejects.toThrow(/EISDIR/)
})
