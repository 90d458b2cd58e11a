/** Profiles that go along with a municipality: as YAML that needs no other file. */
import { stringify } from 'yaml'
import { type LoadedProfile, loadEachProfile } from '../profiles/load.ts'
import type { ExportSources } from '../transfer/export-tenant.ts'
import type { EntrySources } from '../transfer/import-entries.ts'
import type { Plan } from './plan.ts'
import type { TraceParts } from './trace-sources.ts'

type ProfileTransfer = Pick<EntrySources, 'hasProfile' | 'addProfile'> & Pick<ExportSources, 'readProfiles'>

export function createProfileTransfer({ config }: Plan, { registry, inUse }: TraceParts): ProfileTransfer {
  return {
    hasProfile: (tenant, id) => inUse.of(tenant).has(id),
    addProfile: async ({ id }) =>
      `it is not here: put profile.${id}.yaml of the archive into a folder of \`profiles\`, and import again`,
    readProfiles: async tenant => {
      const used = new Set(listUsed(tenant, registry))
      const { profiles } = loadEachProfile(config.profiles)
      return new Map(
        profiles
          .filter(({ profile }) => used.has(profile.id))
          .map(one => [one.profile.id, stringify(toWhole(one))]),
      )
    },
  }
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
