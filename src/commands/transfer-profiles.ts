/** Profiles that go along with a municipality: as YAML that needs no other file. */
import { stringify } from 'yaml'
import { formatFault } from '../document.ts'
import type { ProfileHead } from '../profile-versions/profile-head.ts'
import type { ProfileVersions } from '../profile-versions/profile-versions.ts'
import { readVersion } from '../profile-versions/version-record.ts'
import { toYaml } from '../profile-versions/version-text.ts'
import { type LoadedProfile, loadEachProfile } from '../profiles/load.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { ExportSources } from '../transfer/export-tenant.ts'
import type { EntrySources } from '../transfer/import-entries.ts'
import type { Plan } from './plan.ts'
import type { TraceParts } from './trace-sources.ts'

type ProfileTransfer = Pick<EntrySources, 'hasProfile' | 'addProfile'> & Pick<ExportSources, 'readProfiles'>

interface ProfileParts extends Pick<TraceParts, 'engine' | 'registry' | 'inUse'> {
  readonly provisioning: Pick<Provisioning, 'get'>
  readonly versions: Pick<ProfileVersions, 'create'>
}

export function createProfileTransfer({ config }: Plan, parts: ProfileParts): ProfileTransfer {
  const { registry, inUse, versions } = parts
  return {
    hasProfile: (tenant, id) => inUse.of(tenant).has(id),
    // One that all tenants share: the tenant itself may be still to come, and no other has a profile of this id.
    addProfile: async ({ yaml }, { actor, dryRun }) => {
      const answer = await versions.create(undefined, { yaml }, { actor, dryRun, activate: true })
      return answer.refusals?.flatMap(({ faults }) => faults.map(formatFault)).join('; ')
    },
    readProfiles: async tenant => {
      const used = new Set(listUsed(tenant, registry))
      const ofFiles = loadEachProfile(config.profiles).profiles.map(one => [one.profile.id, one] as const)
      const files = new Map(ofFiles)
      const texts = new Map<string, string>()
      for (const id of used) {
        const file = files.get(id)
        const text = (await readActive(tenant, id, parts)) ?? (file && stringify(toWhole(file)))
        if (text !== undefined) texts.set(id, text)
      }
      return texts
    },
  }
}

/** Of the store: that of the tenant itself before the one that it shares with others. */
async function readActive(
  tenant: string,
  id: string,
  { engine, provisioning }: ProfileParts,
): Promise<string | undefined> {
  for (const place of [{ tenant, id }, { id }]) {
    const head = provisioning.get({ kind: 'profile', ...place })?.value as ProfileHead | undefined
    const record = head?.active === undefined ? undefined : await readVersion(engine, place, head.active)
    if (record !== undefined) return toYaml(record)
  }
  return undefined
}

function* listUsed(tenant: string, { data }: TraceParts['registry']): Generator<string> {
  for (const { id, groups, routes } of data.tenants) {
    if (id !== tenant) continue
    for (const { profile } of [...groups, ...routes]) if (profile !== undefined) yield profile
  }
  for (const device of data.devices) if (device.tenant === tenant) yield device.profile
}

/** With the text of its script in place of the name of a file. */
function toWhole({ raw, profile }: LoadedProfile): unknown {
  const { script } = profile.decode
  if (script === undefined) return raw
  const { file: _file, ...rest } = (raw as { decode: { script: Record<string, unknown> } }).decode.script
  return {
    ...(raw as object),
    decode: { ...(raw as { decode: object }).decode, script: { ...rest, source: script.source } },
  }
}
