/** Lints files and folders: each profile on its own, so that a broken one does not hide the others. */
import type { Fault } from '../document.ts'
import type { Reading } from '../reading.ts'
import { hearEarlier, openDecoder } from './decoder.ts'
import { type Finding, lintProfile } from './lint.ts'
import { type LoadedProfile, loadEachProfile } from './load.ts'
import { loadModelNames } from './model-names.ts'
import type { Profile } from './profile.ts'
import { toMessage } from './samples.ts'

export interface LintResult {
  readonly profiles: number
  /** What keeps a file from being a profile. */
  readonly faults: readonly Fault[]
  readonly findings: readonly Finding[]
}

export async function lintFiles(paths: readonly string[]): Promise<LintResult> {
  const models = loadModelNames()
  const { profiles, faults } = loadEachProfile(paths)
  const findings: Finding[] = []
  for (const loaded of profiles) {
    findings.push(...lintProfile({ ...loaded, models, readings: await readSamples(loaded) }))
  }
  return { profiles: profiles.length, faults, findings }
}

async function readSamples({ profile }: LoadedProfile): Promise<readonly Reading[]> {
  const readings: Reading[] = []
  for (const sample of profile.samples) readings.push(...(await readSample(profile, sample)))
  return readings
}

/** A sample that cannot be decoded says nothing of paths; that it fails, `profile test` says. */
async function readSample(profile: Profile, sample: Profile['samples'][number]): Promise<readonly Reading[]> {
  const decoder = await openDecoder(profile)
  try {
    await hearEarlier(decoder, sample)
    return await decoder.decode(toMessage(sample))
  } catch {
    return []
  } finally {
    await decoder.close()
  }
}
