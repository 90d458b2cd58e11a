import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { isLoopback, loadAdminToken } from '../../src/admin/access.ts'

const KEY = randomBytes(32)

let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'access-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('the administrator token', () => {
  test('is made at the first start, and shown then only', () => {
    const first = loadAdminToken(folder, KEY)
    expect(first.fresh).toMatch(/^[0-9A-Z]{26}$/)
    expect(loadAdminToken(folder, KEY).fresh).toBeUndefined()
  })

  test('survives a restart', () => {
    const { fresh } = loadAdminToken(folder, KEY)
    expect(loadAdminToken(folder, KEY).accepts(`Bearer ${fresh}`)).toBe(true)
    expect(loadAdminToken(folder, KEY).accepts(`Bearer ${fresh}`)).toBe(true)
  })

  test('is stored hashed, for its owner only', () => {
    const { fresh = '' } = loadAdminToken(folder, KEY)
    const [name = '', ...others] = readdirSync(folder)
    expect(others).toEqual([])
    expect(readFileSync(join(folder, name), 'utf8')).not.toContain(fresh)
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  test('is another one in every installation, and worth nothing with another key', () => {
    const { fresh } = loadAdminToken(folder, KEY)
    expect(loadAdminToken(folder, randomBytes(32)).accepts(`Bearer ${fresh}`)).toBe(false)
    rmSync(join(folder, readdirSync(folder)[0] ?? ''))
    expect(loadAdminToken(folder, KEY).accepts(`Bearer ${fresh}`)).toBe(false)
  })

  test('is asked for as HTTP has it (RFC 6750, RFC 9110 11.1)', () => {
    const { fresh, accepts } = loadAdminToken(folder, KEY)
    expect([`Bearer ${fresh}`, `bearer ${fresh}`, `BEARER  ${fresh}`].map(accepts)).toEqual([
      true,
      true,
      true,
    ])
  })

  test('nothing else is accepted', () => {
    const { fresh, accepts } = loadAdminToken(folder, KEY)
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${fresh}x`,
      `Bearer ${fresh?.slice(1)}`,
      `Bearer ${fresh} ${fresh}`,
      fresh,
      `Basic ${fresh}`,
      `XBearer ${fresh}`,
    ]
    expect(wrong.map(accepts)).toEqual(wrong.map(() => false))
  })

  test.each(['', 'AAAA', 'nonsense!'])('nothing is accepted when the stored form is damaged: %j', stored => {
    const { fresh } = loadAdminToken(folder, KEY)
    writeFileSync(join(folder, readdirSync(folder)[0] ?? ''), stored)
    const { accepts } = loadAdminToken(folder, KEY)
    expect([`Bearer ${fresh}`, 'Bearer x', undefined].map(accepts)).toEqual([false, false, false])
  })
})

test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is this machine only', host => {
  expect(isLoopback(host)).toBe(true)
})

test.each([
  '0.0.0.0',
  '::',
  '192.168.1.1',
  '128.0.0.1',
  '::2',
  'localhost.example.org',
  'example.org',
  '',
  '127.1',
])('%j may be reached from elsewhere', host => {
  expect(isLoopback(host)).toBe(false)
})
