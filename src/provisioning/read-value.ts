/** From the value that somebody wishes for to what is kept of it: held against the schema of its kind, with what is secret set apart. */
import type { z } from 'zod'
import { destinationSchema } from '../config/destination.ts'
import { type Checked, checkDocument, type Fault } from '../document.ts'
import { profileHeadSchema } from '../profile-versions/profile-head.ts'
import { changedCredentialSchema, deviceSchema, tenantSchema } from '../registry/provision.ts'
import { type Entry, showPlace } from './entry.ts'
import type { StoredEntry } from './entry-record.ts'
import type { Place } from './provisioning.ts'
import { isFields, joinSecrets, keepSecrets, partSecrets } from './secret-keys.ts'

export interface ReadValue extends Pick<Entry, 'value' | 'parsed' | 'secrets'> {
  /** At most one of them, of a device or credential that is given a login. */
  readonly password?: string | undefined
  readonly passwordHash?: string | undefined
  /** A key for TLS-PSK that is given, in hexadecimal. */
  readonly psk?: string | undefined
}

const REFERENCE = /^\$\{(?:env|file):/

/** `before` is what stands there now: secrets that a value does not name stay. */
export function readValue(place: Place, raw: unknown, before: Entry | undefined): Checked<ReadValue> {
  const file = showPlace(place)
  if (!isFields(raw)) return toFaults([{ file, key: '', problem: 'expected an object of keys and values' }])
  const own = getOwnKeys(place)
  const faults = [...findForeign(raw, own, file), ...findReferences(raw, '', file)]
  if (faults.length > 0) return toFaults(faults)
  const whole = { ...raw, ...own }
  if (place.kind === 'destination') return readDestination(whole, before, file)
  if (place.kind === 'device') return readDevice(whole, file)
  if (place.kind === 'credential') return readCredential(whole, file)
  if (place.kind === 'tenant') return readPlain(tenantSchema, whole, file)
  return readPlain(profileHeadSchema, whole, file)
}

/** An entry as it was stored. Of the kinds of which there are few the schema is asked again, since they are kept as they were written. */
export function readStored({ value, secrets, ...stored }: StoredEntry): Checked<Entry> {
  if (stored.kind === 'device') return { value: toEntry(stored, { value, parsed: value }) }
  const before = { ...stored, source: 'api' as const, value, parsed: value, secrets }
  const read = readValue(stored, value, before)
  return read.faults === undefined ? { value: toEntry(stored, read.value) } : read
}

/** There may be a hundred thousand of them: all of one shape, and without strings that stand twice. */
export function toEntry(
  { kind, tenant, id, revision, updatedAt, login, psk }: Omit<StoredEntry, 'value' | 'secrets'>,
  { value, parsed, secrets }: ReadValue,
): Entry {
  return { kind, tenant, id, source: 'api', revision, updatedAt, value, parsed, login, psk, secrets }
}

/** What the place says of a thing already; in a value it may be left out. */
function getOwnKeys({ kind, tenant, id }: Place): Readonly<Record<string, string>> {
  const name = kind === 'credential' ? 'username' : 'id'
  return { ...(tenant !== undefined && { tenant }), [name]: id }
}

function findForeign(
  raw: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, string>>,
  file: string,
): readonly Fault[] {
  return Object.entries(own)
    .filter(([key, expected]) => raw[key] !== undefined && raw[key] !== expected)
    .map(([key, expected]) => ({
      file,
      key,
      problem: `expected ${JSON.stringify(expected)}, as its address says, got another`,
    }))
}

/** References are for files: over the network they would read whatever the agent can. */
function findReferences(value: unknown, key: string, file: string): readonly Fault[] {
  if (typeof value === 'string') {
    const problem = 'expected the value itself: references to the environment and to files are for files'
    return REFERENCE.test(value) ? [{ file, key, problem }] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) =>
    findReferences(child, key === '' ? name : `${key}.${name}`, file),
  )
}

function readDestination(whole: object, before: Entry | undefined, file: string): Checked<ReadValue> {
  const kept = before === undefined ? {} : keepSecrets(before, whole)
  const joined = joinSecrets(whole, kept)
  const checked = checkDocument(destinationSchema, joined, file)
  return checked.faults === undefined ? { value: { ...partSecrets(joined), parsed: checked.value } } : checked
}

function readDevice(whole: object, file: string): Checked<ReadValue> {
  const checked = checkDocument(deviceSchema, whole, file)
  if (checked.faults !== undefined) return checked
  const { password, passwordHash, psk, ...device } = checked.value
  return { value: { value: device, parsed: device, password, passwordHash, psk } }
}

function readCredential(whole: object, file: string): Checked<ReadValue> {
  const checked = checkDocument(changedCredentialSchema, whole, file)
  if (checked.faults !== undefined) return checked
  const { password, passwordHash, psk, ...credential } = checked.value
  return { value: { value: credential, parsed: credential, password, passwordHash, psk } }
}

/** Kept as it was written: sizes and durations with their units. */
function readPlain(schema: z.ZodType, whole: object, file: string): Checked<ReadValue> {
  const checked = checkDocument(schema, whole, file)
  return checked.faults === undefined ? { value: { value: whole, parsed: checked.value } } : checked
}

function toFaults(faults: readonly Fault[]): { readonly faults: readonly Fault[] } {
  return { faults }
}
