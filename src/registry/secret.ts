/** Passwords: ours are random, so a keyed hash holds them safely at 2.5 µs a check; those that people chose need scrypt. */
import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** How a credential's password is kept. Never the password itself. */
export type Secret =
  | { readonly kind: 'keyed'; readonly digest: Buffer }
  | { readonly kind: 'scrypt'; readonly cost: number; readonly salt: Buffer; readonly hash: Buffer }

const scryptAsync = promisify<string | Buffer, Buffer, number, ScryptOptions, Buffer>(scrypt)

/** Crockford's alphabet: nobody has to tell I from 1 or O from 0 when typing a secret into a device. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 26 characters of 5 bits each: 130 random bits. */
const SECRET_CHARS = 26
const SCRYPT_COST = 16_384
const SCRYPT_COST_MAX = 2 ** 17
/** scrypt takes 1 KiB for each unit of cost. Node.js allows 32 MiB by default, which is less than the highest cost needs. */
const SCRYPT_BYTES_MAX = 2 * 1024 * SCRYPT_COST_MAX
const HASH_BYTES = 32
const SALT_BYTES = 16

/** A new device secret of 130 random bits. */
export function createSecret(): string {
  return Array.from(randomBytes(SECRET_CHARS), byte => ALPHABET[byte % ALPHABET.length]).join('')
}

/** The form of a secret of ours in a file. It can be checked only with the same key. */
export function hashSecret(secret: string, key: Buffer): string {
  return `hmac-sha256$${digest(secret, key).toString('base64')}`
}

/** The form of a password that a person chose in a file. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await scryptAsync(password, salt, HASH_BYTES, { N: SCRYPT_COST })
  return ['scrypt', SCRYPT_COST, salt.toString('base64'), hash.toString('base64')].join('$')
}

/** Reads what hashSecret or hashPassword wrote. Nothing when it is neither. */
export function parseSecret(text: string): Secret | undefined {
  const [kind, ...parts] = text.split('$')
  const bytes = parts.map(part => Buffer.from(part, 'base64'))
  if (kind === 'hmac-sha256' && bytes[0]?.length === HASH_BYTES) return { kind: 'keyed', digest: bytes[0] }
  const cost = Number(parts[0])
  const isCost = Number.isInteger(Math.log2(cost)) && cost > 1 && cost <= SCRYPT_COST_MAX
  const [, salt, hash] = bytes
  if (kind !== 'scrypt' || !isCost || salt === undefined || hash?.length !== HASH_BYTES) return undefined
  return { kind: 'scrypt', cost, salt, hash }
}

/** A password that stands in a file as it is: kept in memory as keyed hash only. */
export function toKeyedSecret(password: string, key: Buffer): Secret {
  return { kind: 'keyed', digest: digest(password, key) }
}

export function matchesKeyed(
  secret: Extract<Secret, { kind: 'keyed' }>,
  password: Buffer,
  key: Buffer,
): boolean {
  return timingSafeEqual(digest(password, key), secret.digest)
}

export async function matchesScrypt(
  secret: Extract<Secret, { kind: 'scrypt' }>,
  password: Buffer,
): Promise<boolean> {
  const options = { N: secret.cost, maxmem: SCRYPT_BYTES_MAX }
  return timingSafeEqual(await scryptAsync(password, secret.salt, HASH_BYTES, options), secret.hash)
}

function digest(password: string | Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(password).digest()
}
