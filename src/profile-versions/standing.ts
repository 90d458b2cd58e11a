/** How a profile of the store stands before it is changed, or why it cannot be. */
import type { Fault } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { Change, Engine } from '../journal/engine.ts'
import type { Profile } from '../profiles/profile.ts'
import { readDraft } from '../profiles/read-draft.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Refusal } from '../provisioning/provisioning.ts'
import type { ProfileHead } from './profile-head.ts'
import type { ProfilesInUse } from './profiles-in-use.ts'
import { type ProfilePlace, readVersion } from './version-record.ts'

export interface Refused {
  readonly refusals: readonly Refusal[]
}

export interface Standing {
  readonly head: ProfileHead
  readonly revision: number
}

interface Known {
  readonly provisioning: Pick<Provisioning, 'get' | 'list'>
  readonly inUse: Pick<ProfilesInUse, 'files'>
}

export function findStanding(
  place: ProfilePlace,
  { ifRevisions }: { readonly ifRevisions?: readonly number[] | undefined },
  { provisioning, inUse }: Known,
): Standing | Refused {
  const found = provisioning.get({ kind: 'profile', ...place })
  if (found === undefined && inUse.files.has(place.id))
    return refuseKey(
      place,
      'FROM_FILE',
      '',
      'expected a profile of the store, got one of a file: change it there',
    )
  if (found === undefined) return refuseKey(place, 'NOT_FOUND', '', 'expected a profile, got none')
  const { revision, value } = found
  if (ifRevisions === undefined || ifRevisions.includes(revision))
    return { head: value as ProfileHead, revision }
  return refuseKey(place, 'CHANGED', '', `expected revision ${ifRevisions.join(' or ')}, got ${revision}`)
}

/** One id means one thing to every tenant. */
export function findTaken({ tenant, id }: ProfilePlace, { provisioning, inUse }: Known): Refused | undefined {
  if (inUse.files.has(id))
    return refuseKey(
      { tenant, id },
      'FROM_FILE',
      'id',
      `expected an id that no profile of a file has, got ${id}`,
    )
  const { items } = provisioning.list('profile', { search: id, limit: Number.MAX_SAFE_INTEGER })
  const isTaken = items.some(
    one => one.id === id && (tenant === undefined || one.tenant === undefined || one.tenant === tenant),
  )
  if (!isTaken) return undefined
  return refuseKey({ tenant, id }, 'EXISTS', 'id', `expected an id that no other profile has, got ${id}`)
}

export async function readProfile(
  place: ProfilePlace,
  { head }: Standing,
  version: number,
  engine: Engine,
): Promise<{ readonly profile: Profile; readonly text: string } | Refused> {
  const record = version <= head.latest ? await readVersion(engine, place, version) : undefined
  if (record === undefined)
    return refuseKey(place, 'NOT_FOUND', '', `expected a version from 1 to ${head.latest}, got ${version}`)
  const read = readDraft(record.text)
  return read.faults === undefined
    ? { profile: read.value.profile, text: record.text }
    : refuse(place, 'INVALID', read.faults)
}

export async function keepVersion(engine: Engine, version: Change): Promise<void> {
  try {
    await engine.commit([version])
  } catch (error) {
    throw new TromostError('PROVISION_FAILED', getMessage(error), { cause: error })
  }
}

export function refuse(place: ProfilePlace, code: Refusal['code'], faults: readonly Fault[]): Refused {
  return { refusals: [{ code, place: { kind: 'profile', ...place }, faults }] }
}

export function refuseKey(place: ProfilePlace, code: Refusal['code'], key: string, problem: string): Refused {
  return refuse(place, code, [{ file: `profile ${place.id}`, key, problem }])
}
