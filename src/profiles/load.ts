/** Loads all profiles below some folders. Either every one of them is sound, or the answer is every fault of every file. */
import { readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Checked, checkDocument, type Fault, locateFaults } from '../document.ts'
import { getMessage } from '../errors.ts'
import { readDocument } from '../read-document.ts'
import type { Locate } from '../yaml-text.ts'
import { loadScript } from './load-script.ts'
import { type Profile, profileSchema } from './profile.ts'

export function loadProfiles(folders: readonly string[]): Checked<ReadonlyMap<string, Profile>> {
  const profiles = new Map<string, Profile>()
  const fileOfId = new Map<string, string>()
  const faults: Fault[] = []
  for (const found of folders.flatMap(listProfiles)) {
    const loaded = found.faults === undefined ? loadProfile(found.value) : found
    if (loaded.faults !== undefined) {
      faults.push(...loaded.faults)
      continue
    }
    const { file, profile, locate } = loaded.value
    const taken = fileOfId.get(profile.id)
    if (taken === undefined) {
      fileOfId.set(profile.id, file)
      profiles.set(profile.id, profile)
    } else if (taken !== file) {
      const problem = `expected an id of its own, got "${profile.id}", which ${taken} has too`
      faults.push({ file, key: 'id', problem, ...locate('id') })
    }
  }
  return faults.length === 0 ? { value: profiles } : { faults }
}

/** The profile of an id, if it has no faults; the others may have some. */
export function findProfile(folders: readonly string[], id: string): Profile | undefined {
  return loadEachProfile(folders).profiles.find(({ profile }) => profile.id === id)?.profile
}

export interface LoadedProfile {
  readonly file: string
  /** As it is written. */
  readonly raw: unknown
  readonly profile: Profile
  readonly locate: Locate
}

/** Each on its own: the profiles that are sound, and the faults of those that are not. */
export function loadEachProfile(folders: readonly string[]): {
  readonly profiles: readonly LoadedProfile[]
  readonly faults: readonly Fault[]
} {
  const loaded = folders
    .flatMap(listProfiles)
    .map(found => (found.faults === undefined ? loadProfile(found.value) : found))
  return {
    profiles: loaded.flatMap(one => (one.faults === undefined ? [one.value] : [])),
    faults: loaded.flatMap(one => one.faults ?? []),
  }
}

function loadProfile(path: string): Checked<LoadedProfile> {
  const file = relative(process.cwd(), path) || path
  const document = readDocument(path)
  if (document.faults !== undefined) return document
  const checked = checkDocument(profileSchema, document.value, file)
  if (checked.faults !== undefined) return { faults: locateFaults(checked.faults, document.locate) }
  const whole = loadScript(checked.value, { path, file })
  if (whole.faults !== undefined) return { faults: locateFaults(whole.faults, document.locate) }
  return { value: { file, raw: document.value, profile: whole.value, locate: document.locate } }
}

/** The profiles of one folder, or one profile, by path, so that faults come in the same order everywhere. */
function listProfiles(path: string): readonly Checked<string>[] {
  try {
    if (statSync(path).isFile()) return [{ value: path }]
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
    return names
      .filter(name => name.endsWith('.yaml'))
      .sort()
      .map(name => ({ value: join(path, name) }))
  } catch (error) {
    const problem = `expected a profile or a folder of profiles, got ${getMessage(error)}`
    return [{ faults: [{ file: path, key: '', problem }] }]
  }
}
