import { randomBytes, scryptSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  createSecret,
  hashPassword,
  hashSecret,
  matchesKeyed,
  matchesScrypt,
  parseSecret,
  type Secret,
  toKeyedSecret,
} from '../../src/registry/secret.ts'

const KEY = randomBytes(32)
const SALT = 'AAECAwQFBgcICQoLDA0ODw=='
const HASH = randomBytes(32).toString('base64')

describe('a new secret', () => {
  test('is 26 characters that nobody can mistake for each other', () => {
    for (let count = 0; count < 100; count += 1) {
      expect(createSecret()).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
    }
  })

  test('is never the same twice, and uses the whole alphabet', () => {
    const secrets = Array.from({ length: 200 }, createSecret)
    expect(new Set(secrets).size).toBe(200)
    expect(new Set(secrets.join('')).size).toBe(32)
  })
})

describe('the keyed form', () => {
  test('proves its secret, by the same key', () => {
    const secret = createSecret()
    const stored = parse(hashSecret(secret, KEY), 'keyed')
    expect(matchesKeyed(stored, Buffer.from(secret), KEY)).toBe(true)
    expect(matchesKeyed(stored, Buffer.from(secret.toLowerCase()), KEY)).toBe(false)
    expect(matchesKeyed(stored, Buffer.from(''), KEY)).toBe(false)
    expect(matchesKeyed(stored, Buffer.from(secret), randomBytes(32))).toBe(false)
  })

  test('does not contain the secret', () => {
    const secret = createSecret()
    expect(hashSecret(secret, KEY)).toMatch(/^hmac-sha256\$[A-Za-z0-9+/]{43}=$/)
    expect(hashSecret(secret, KEY)).not.toContain(secret)
  })

  test('is what a password in the file becomes, whatever its bytes', () => {
    const stored = toKeyedSecret('geslo za Šolo', KEY)
    expect(stored).toEqual(parseSecret(hashSecret('geslo za Šolo', KEY)))
    expect(JSON.stringify(stored)).not.toContain('geslo')
    if (stored.kind === 'keyed') expect(matchesKeyed(stored, Buffer.from('geslo za Šolo'), KEY)).toBe(true)
  })
})

describe('the scrypt form', () => {
  test('proves its password, without any key', async () => {
    const stored = parse(await hashPassword('geslo za Šolo'), 'scrypt')
    expect(stored.cost).toBe(16_384)
    expect(await matchesScrypt(stored, Buffer.from('geslo za Šolo'))).toBe(true)
    expect(await matchesScrypt(stored, Buffer.from('geslo za solo'))).toBe(false)
    expect(await matchesScrypt(stored, Buffer.from(''))).toBe(false)
  })

  test('is another one each time, so that equal passwords cannot be told', async () => {
    const [first, second] = await Promise.all([hashPassword('same'), hashPassword('same')])
    expect(first).toMatch(/^scrypt\$16384\$[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=$/)
    expect(first).not.toBe(second)
  })

  test.each([2, 1_024, 32_768, 131_072])('can be checked at cost %i', async cost => {
    const hash = scryptSync('password', Buffer.from(SALT, 'base64'), 32, { N: cost, maxmem: 2 ** 28 })
    const stored = parse(`scrypt$${cost}$${SALT}$${hash.toString('base64')}`, 'scrypt')
    expect(await matchesScrypt(stored, Buffer.from('password'))).toBe(true)
    expect(await matchesScrypt(stored, Buffer.from('passwore'))).toBe(false)
  })
})

test.each([
  ['nothing', ''],
  ['a password', 'password'],
  ['another kind', `argon2id$${HASH}`],
  ['a kind without hash', 'hmac-sha256'],
  ['a short digest', `hmac-sha256$${randomBytes(31).toString('base64')}`],
  ['a long digest', `hmac-sha256$${randomBytes(33).toString('base64')}`],
  ['the keyed form in capitals', `HMAC-SHA256$${HASH}`],
  ['a scrypt form without cost', `scrypt$${SALT}$${HASH}`],
  ['a cost that is no power of two', `scrypt$10000$${SALT}$${HASH}`],
  ['a cost of one', `scrypt$1$${SALT}$${HASH}`],
  ['a negative cost', `scrypt$-16384$${SALT}$${HASH}`],
  ['a cost that would stop the agent', `scrypt$1073741824$${SALT}$${HASH}`],
  ['a short hash', `scrypt$16384$${SALT}$${randomBytes(16).toString('base64')}`],
  ['a hash that is cut off', `scrypt$16384$${SALT}`],
])('%s is no stored form', (_case, text) => {
  expect(parseSecret(text)).toBeUndefined()
})

function parse<K extends Secret['kind']>(text: string, kind: K): Extract<Secret, { kind: K }> {
  const secret = parseSecret(text)
  if (secret?.kind !== kind) throw new Error(`expected ${kind}, got ${secret?.kind}`)
  return secret as Extract<Secret, { kind: K }>
}
