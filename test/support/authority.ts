/** An authority of certificates for tests: issues them, and lists those that it has revoked (RFC 5280), as Node.js cannot. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface IssueOptions {
  readonly cn?: string
  /** Of its subject, in place of one CN. */
  readonly cns?: readonly string[]
  readonly dns?: readonly string[]
  readonly email?: string
  readonly uri?: string
  readonly isAuthority?: boolean
  /** From now. */
  readonly validForMs?: number
}

/** PEM, both. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly serial: Buffer
}

interface Signer {
  readonly name: Buffer
  readonly key: KeyObject
}

const DAY_MS = 86_400_000
const ECDSA_SHA256 = encode(0x30, encodeId('1.2.840.10045.4.3.2'))

export class Authority {
  readonly cert: string
  readonly #signer: Signer
  readonly #revoked: Buffer[] = []

  constructor(cn = 'test authority', issuedBy?: Authority) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#signer = { name: encodeName([cn]), key: privateKey }
    const signer = issuedBy === undefined ? this.#signer : issuedBy.#signer
    this.cert = issue({ cn, isAuthority: true }, publicKey, signer, randomSerial())
  }

  issue(options: IssueOptions): Issued {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const serial = randomSerial()
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { cert: issue(options, publicKey, this.#signer, serial), key, serial }
  }

  revoke({ serial }: Pick<Issued, 'serial'>): void {
    this.#revoked.push(serial)
  }

  /** The list of those that are revoked (PEM), which is good for so long. */
  list(validForMs = DAY_MS): string {
    const now = Date.now()
    const entries = this.#revoked.map(serial => encode(0x30, encode(0x02, serial), encodeTime(now - DAY_MS)))
    return signed('X509 CRL', this.#signer, [
      encode(0x02, Buffer.from([1])),
      ECDSA_SHA256,
      this.#signer.name,
      encodeTime(now - DAY_MS),
      encodeTime(now + validForMs),
      ...(entries.length > 0 ? [encode(0x30, ...entries)] : []),
    ])
  }
}

/** Writes `name.pem` and `name.key`, and gives their paths. */
export function writeFiles(
  folder: string,
  name: string,
  { cert, key }: Pick<Issued, 'cert' | 'key'>,
): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)]
  writeFileSync(certFile, cert)
  writeFileSync(keyFile, key)
  return { certFile, keyFile }
}

function issue(options: IssueOptions, publicKey: KeyObject, signer: Signer, serial: Buffer): string {
  const { cn = 'test', cns = [cn], isAuthority = false, validForMs = DAY_MS } = options
  const until = Date.now() + validForMs
  return signed('CERTIFICATE', signer, [
    encode(0xa0, encode(0x02, Buffer.from([2]))),
    encode(0x02, serial),
    ECDSA_SHA256,
    signer.name,
    encode(0x30, encodeTime(until - 400 * DAY_MS), encodeTime(until)),
    encodeName(cns),
    publicKey.export({ type: 'spki', format: 'der' }),
    encode(0xa3, encode(0x30, ...encodeExtensions(options, isAuthority))),
  ])
}

function encodeExtensions({ dns = [], email, uri }: IssueOptions, isAuthority: boolean): readonly Buffer[] {
  const names = [
    ...dns.map(name => encode(0x82, Buffer.from(name))),
    ...(email === undefined ? [] : [encode(0x81, Buffer.from(email))]),
    ...(uri === undefined ? [] : [encode(0x86, Buffer.from(uri))]),
  ]
  const flag = encode(0x01, Buffer.from([0xff]))
  return [
    ...(isAuthority ? [encodeExtension('2.5.29.19', encode(0x30, flag))] : []),
    ...(names.length > 0 ? [encodeExtension('2.5.29.17', encode(0x30, ...names))] : []),
  ]
}

function encodeExtension(id: string, value: Buffer): Buffer {
  return encode(0x30, encodeId(id), encode(0x04, value))
}

function signed(label: string, { key }: Signer, fields: readonly Buffer[]): string {
  const body = encode(0x30, ...fields)
  const signature = encode(0x03, Buffer.from([0]), sign('sha256', body, key))
  const base64 = encode(0x30, body, ECDSA_SHA256, signature).toString('base64')
  return `-----BEGIN ${label}-----\n${base64.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`
}

function encodeName(cns: readonly string[]): Buffer {
  const attributes = cns.map(cn =>
    encode(0x31, encode(0x30, encodeId('2.5.4.3'), encode(0x0c, Buffer.from(cn)))),
  )
  return encode(0x30, ...attributes)
}

function encodeTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return encode(0x18, Buffer.from(text))
}

function encodeId(id: string): Buffer {
  const [first = 0, second = 0, ...rest] = id.split('.').map(Number)
  const bytes = rest.flatMap(number => {
    const groups = [number & 0x7f]
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    return groups
  })
  return encode(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

/** Positive, and without a byte that says nothing. */
function randomSerial(): Buffer {
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0)
  return serial
}

function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length: number[] = []
  for (let left = content.length; left > 0; left >>= 8) length.unshift(left & 0xff)
  const head = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}
