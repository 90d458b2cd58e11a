/** Keeps the profiles in use as files and store have them, in all running parts: those that come are known before a device that has them is. */
import type { Logger } from 'pino'
import type { HostedContexts } from '../context/hosted.ts'
import { formatFault } from '../document.ts'
import type { Draining } from '../draining/draining.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { Engine } from '../journal/engine.ts'
import type { ProfileHead } from '../profile-versions/profile-head.ts'
import { type Profiles, ProfilesInUse, type StoreChange } from '../profile-versions/profiles-in-use.ts'
import type { Entry, EntryChange } from '../provisioning/entry.ts'
import type { Live, Provisioning } from '../provisioning/live-provisioning.ts'
import type { Device } from '../reading.ts'

export function createProfilesInUse(files: Profiles, engine: Engine, log: Logger): ProfilesInUse {
  return new ProfilesInUse({
    engine,
    files,
    onFault: (profile, fault) =>
      log.error({ profile, fault, msg: 'a stored version of a profile cannot be used' }),
  })
}

/** Those of the store, at the start. Throws PROVISION_INVALID where a file has the id of one of them. */
export async function useStored(inUse: ProfilesInUse, provisioning: Provisioning): Promise<void> {
  const { items } = provisioning.list('profile', { limit: Number.MAX_SAFE_INTEGER })
  const twice = findTwice(inUse.files, provisioning)
  if (twice.length > 0) throw new TromostError('PROVISION_INVALID', twice.map(formatFault).join('\n'))
  const devices = [...provisioning.entries()].filter(isPinned).map(({ parsed }) => parsed as Device)
  await inUse.follow({
    heads: items.map(({ tenant, id, value }) => ({ tenant, id, head: value as ProfileHead })),
    devices,
  })
}

/** Profiles of files that have the id of one in the store. */
export function findTwice(files: Profiles, provisioning: Pick<Provisioning, 'list'>) {
  const { items } = provisioning.list('profile', { limit: Number.MAX_SAFE_INTEGER })
  return [...new Set(items.map(({ id }) => id))]
    .filter(id => files.has(id))
    .map(id => ({
      file: `profile ${id}`,
      key: 'id',
      problem: 'expected an id that is not in the store, got one that is: remove one of the two',
    }))
}

export interface ProfileParts {
  readonly inUse: ProfilesInUse
  readonly draining: Pick<Draining, 'useProfiles' | 'useShadows'>
  readonly contexts: Pick<HostedContexts, 'use'>
  readonly log: Logger
}

/** A draining thread that has just died starts again with what is in use by then. */
export async function useEverywhere({ inUse, draining, contexts, log }: ProfileParts): Promise<void> {
  const used = inUse.list()
  contexts.use(used)
  try {
    await draining.useProfiles(used)
    await draining.useShadows(inUse.shadows)
  } catch (error) {
    log.warn({ error: getMessage(error), msg: 'the draining thread did not take the profiles' })
  }
}

/** Changes of what is provisioned, with the profiles that they take. */
export function withProfiles(live: Live, parts: ProfileParts): Live {
  return {
    hold: (changes, isMeant) => live.hold(changes, isMeant),
    release: changes => live.release(changes),
    apply: async changes => {
      if (await parts.inUse.follow(toStoreChange(changes))) await useEverywhere(parts)
      await live.apply(changes)
    },
  }
}

function toStoreChange(changes: readonly EntryChange[]): StoreChange {
  return {
    heads: changes.flatMap(({ before, after }) => {
      const { kind, tenant, id } = after ?? before ?? {}
      if (kind !== 'profile' || id === undefined) return []
      return [{ tenant, id, head: after?.parsed as ProfileHead | undefined }]
    }),
    devices: changes.flatMap(({ after }) =>
      after !== undefined && isPinned(after) ? [after.parsed as Device] : [],
    ),
  }
}

function isPinned({ kind, parsed }: Entry): boolean {
  return kind === 'device' && (parsed as Device).profileVersion !== undefined
}
