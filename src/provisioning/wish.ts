/** One wish, on a draft: the entry as it would be, or why it cannot be so. What others say of it is checked when all wishes are in. */
import { isDeepStrictEqual } from 'node:util'
import type { Fault } from '../document.ts'
import { isForDevices } from '../registry/provision.ts'
import { parseSecret } from '../registry/secret.ts'
import { type Entry, showPlace, toPlace } from './entry.ts'
import type { EntryDraft } from './entry-table.ts'
import { createLogin } from './new-login.ts'
import { createPsk } from './new-psk.ts'
import type { Edit, Place, Refusal, ShownSecret } from './provisioning.ts'
import { type ReadValue, readValue, toEntry } from './read-value.ts'

export interface WishOptions {
  readonly key: Buffer
  readonly now: number
  /** The file that a thing stands in. */
  readonly fileOf: (place: Place) => string
}

export type Fulfilled =
  | { readonly refusal: Refusal }
  | { readonly refusal?: undefined; readonly shown?: ShownSecret }

/** As long as somebody may take to go to every device of a municipality. */
const GRACE_MS_MAX = 90 * 24 * 60 * 60 * 1_000

export function fulfil(edit: Edit, draft: EntryDraft, options: WishOptions): Fulfilled {
  const place = toPlace(edit)
  const before = draft.get(place)
  const refusal = findRefusal(edit, before, options)
  if (refusal !== undefined) return { refusal }
  if (edit.value === undefined && edit.login === undefined) {
    draft.set(place, undefined)
    return {}
  }
  const read = readWish(edit, before)
  if ('faults' in read) return { refusal: { code: 'INVALID', place, faults: read.faults } }
  const { login, made } = createLogin({ edit, read, before }, options.key, options.now)
  const { psk, madePsk } = createPsk(edit, read.psk, before, options.now)
  const revision = (before?.revision ?? 0) + 1
  const proofs = { ...(login && { login }), ...(psk && { psk }) }
  const after = toEntry({ ...place, revision, updatedAt: options.now, ...proofs }, read)
  if (before === undefined || !isSame(before, after)) draft.set(place, after)
  if (made === undefined && madePsk === undefined) return {}
  return { shown: { place, username: place.id, password: made, psk: madePsk } }
}

function findRefusal(edit: Edit, before: Entry | undefined, { fileOf }: WishOptions): Refusal | undefined {
  const place = toPlace(edit)
  const refuse = (code: Refusal['code'], key: string, problem: string): Refusal => ({
    ...{ code, place },
    faults: [{ file: showPlace(place), key, problem }],
  })
  const isUpdate = edit.value === undefined
  if (before === undefined && isUpdate) return refuse('NOT_FOUND', '', 'expected one that is there, got none')
  if (before?.source === 'file') {
    const problem = `expected one that no file has, got one of ${fileOf(place)}: change it there`
    return refuse('FROM_FILE', '', problem)
  }
  if (edit.ifRevision === 0 && before !== undefined)
    return refuse('EXISTS', '', `expected none of this id, got one of revision ${before.revision}`)
  if (edit.ifRevision !== undefined && edit.ifRevision !== (before?.revision ?? 0))
    return refuse('CHANGED', '', `expected revision ${edit.ifRevision}, got ${before?.revision ?? 'none'}`)
  const problem = findLoginProblem(edit)
  return problem === undefined ? undefined : refuse('INVALID', 'login', problem)
}

function findLoginProblem({ kind, id, login }: Edit): string | undefined {
  if (login === undefined) return undefined
  if ((kind !== 'device' && kind !== 'credential') || isForDevices(id))
    return 'expected one of a device or of a credential that is not the rule of devices'
  const graceMs = login.wish === 'make' ? (login.graceMs ?? 0) : 0
  if (Number.isInteger(graceMs) && graceMs >= 0 && graceMs <= GRACE_MS_MAX) return undefined
  return `expected graceMs to be milliseconds from 0 to ${GRACE_MS_MAX}, got ${graceMs}`
}

function readWish(edit: Edit, before: Entry | undefined): ReadValue | { readonly faults: readonly Fault[] } {
  const revoked = edit.login?.wish === 'revoke' && edit.login.of !== 'psk'
  const raw = edit.value ?? before?.value
  const checked = readValue(edit, revoked ? withoutProof(raw) : raw, before)
  if (checked.faults !== undefined) return checked
  const { passwordHash } = checked.value
  if (passwordHash === undefined || parseSecret(passwordHash) !== undefined) return checked.value
  const problem = `expected what \`tromost secret\` printed, got ${passwordHash.length} characters`
  return { faults: [{ file: showPlace(edit), key: 'passwordHash', problem }] }
}

function withoutProof(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw
  const {
    certificate: _certificate,
    password: _password,
    passwordHash: _hash,
    psk: _psk,
    ...rest
  } = raw as Record<string, unknown>
  return rest
}

/** An import that comes again changes nothing, and is no entry of the audit log. */
export function isSame(before: Entry, after: Entry): boolean {
  return (['value', 'login', 'psk', 'secrets'] as const).every(key =>
    isDeepStrictEqual(before[key], after[key]),
  )
}
