/** What of a certificate and of a revocation list (RFC 5280) Node.js does not tell in a form that can be relied on. */
import { type DerValue, readText, readTime, readValues, readWithin, TAG } from './der.ts'
import { readPem } from './pem.ts'

/** How authorities name what they have issued. */
export interface Issued {
  readonly issuer: string
  /** In hexadecimal. */
  readonly serial: string
}

export interface Certificate extends Issued {
  /** Alike with the issuer of what it has issued. */
  readonly subject: string
  /** The CNs of its subject; those that are no text are left out. */
  readonly commonNames: readonly string[]
  /** Its subject alternative names that are text: DNS names, addresses of e-mail, URIs. */
  readonly alternativeNames: readonly string[]
}

export interface RevocationList {
  readonly issuer: string
  /** Milliseconds since the epoch; after it the list is taken for none. */
  readonly nextUpdate: number | undefined
  readonly serials: ReadonlySet<string>
}

const COMMON_NAME = '550403'
const ALTERNATIVE_NAME = '551d11'
/** rfc822Name, dNSName, uniformResourceIdentifier (RFC 5280, 4.2.1.6). */
const TEXT_NAMES = [0x81, 0x82, 0x86]
const [VERSION, EXTENSIONS] = [0xa0, 0xa3]

/** Throws where the bytes (DER) are no certificate. */
export function readCertificate(bytes: Buffer): Certificate {
  const [body] = readWithin(readValues(bytes)[0], TAG.sequence)
  const fields = readWithin(body, TAG.sequence).filter(({ tag }) => tag !== VERSION)
  const [serial, , issuer, , subject] = fields
  const extensions = fields.find(({ tag }) => tag === EXTENSIONS)
  return {
    serial: toSerial(serial),
    issuer: toNameKey(issuer),
    subject: toNameKey(subject),
    commonNames: listAttributes(subject).flatMap(([id, value]) =>
      id === COMMON_NAME ? (readText(value) ?? []) : [],
    ),
    alternativeNames: extensions === undefined ? [] : listAlternativeNames(extensions),
  }
}

/** All of a PEM file. Throws where one of them is none, or there are none. */
export function readRevocationLists(text: string): readonly RevocationList[] {
  const lists = readPem(text, 'X509 CRL').map(readRevocationList)
  if (lists.length === 0) throw new Error('no revocation list (X509 CRL)')
  return lists
}

function readRevocationList(bytes: Buffer): RevocationList {
  const [body] = readWithin(readValues(bytes)[0], TAG.sequence)
  const fields = readWithin(body, TAG.sequence).filter(({ tag }) => tag !== TAG.integer)
  const [, issuer, , ...rest] = fields
  const next = rest.find(({ tag }) => tag === TAG.utcTime || tag === TAG.time)
  const revoked = rest.find(({ tag }) => tag === TAG.sequence)
  const entries = revoked === undefined ? [] : readValues(revoked.content)
  return {
    issuer: toNameKey(issuer),
    nextUpdate: next && readTime(next),
    serials: new Set(entries.map(entry => toSerial(readWithin(entry, TAG.sequence)[0]))),
  }
}

function toSerial(value: DerValue | undefined): string {
  if (value?.tag !== TAG.integer) throw new Error('expected a serial number')
  return value.content.toString('hex').replace(/^(?:00)+(?=.)/, '')
}

/** Alike for names that are the same by RFC 5280, 7.1: whatever their case, their spaces, and the type of their strings. */
function toNameKey(name: DerValue | undefined): string {
  return listAttributes(name)
    .map(([id, value]) => {
      const text = readText(value) ?? value.content.toString('hex')
      return `${id}=${text.trim().replace(/\s+/g, ' ').toLowerCase()}`
    })
    .join('\n')
}

function listAttributes(name: DerValue | undefined): readonly (readonly [id: string, value: DerValue])[] {
  return readWithin(name, TAG.sequence).flatMap(part =>
    readWithin(part, TAG.set).flatMap(attribute => {
      const [id, value] = readWithin(attribute, TAG.sequence)
      return id === undefined || value === undefined ? [] : [[id.content.toString('hex'), value] as const]
    }),
  )
}

function listAlternativeNames(extensions: DerValue): readonly string[] {
  const [list] = readValues(extensions.content)
  const texts = readWithin(list, TAG.sequence).flatMap(extension => {
    const parts = readWithin(extension, TAG.sequence)
    const value = parts.at(-1)
    const isMeant = parts[0]?.content.toString('hex') === ALTERNATIVE_NAME
    if (!isMeant || value?.tag !== TAG.octets) return []
    return readWithin(readValues(value.content)[0], TAG.sequence)
  })
  return texts.flatMap(value => (TEXT_NAMES.includes(value.tag) ? (readText(value) ?? []) : []))
}
