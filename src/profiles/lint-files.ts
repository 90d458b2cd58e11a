/** Lints files and folders: each profile on its own, so that a broken one does not hide the others. */
import type { CodecPool } from '../decode/sandbox/codec-pool.ts'
import type { Fault } from '../document.ts'
import type { Reading } from '../reading.ts'
import { type OpenCodecs, openDecoder, withCodecs } from './decoder.ts'
import { type Finding, lintProfile } from './lint.ts'
import { loadEachProfile } from './load.ts'
import { loadModelNames } from './model-names.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'
import { toMessage } from './sample-message.ts'

export interface LintResult {
  readonly profiles: number
  /** What keeps a file from being a profile. */
  readonly faults: readonly Fault[]
  readonly findings: readonly Finding[]
}

export async function lintFiles(paths: readonly string[], open?: OpenCodecs): Promise<LintResult> {
  const models = loadModelNames()
  const { profiles, faults } = loadEachProfile(paths)
  const lint = async (codecs: CodecPool | undefined) => {
    const findings: Finding[] = []
    for (const loaded of profiles) {
      const readings = await readSamples(loaded.profile, codecs)
      findings.push(...lintProfile({ ...loaded, models, readings }))
    }
    return findings
  }
  const findings = await withCodecs(
    profiles.map(({ profile }) => profile),
    lint,
    open,
  )
  return { profiles: profiles.length, faults, findings }
}

export async function readSamples(
  profile: Profile,
  codecs: CodecPool | undefined,
): Promise<readonly Reading[]> {
  const readings: Reading[] = []
  for (const sample of profile.samples) readings.push(...(await readSample(profile, sample, codecs)))
  return readings
}

/** A sample that cannot be decoded says nothing of paths; that it fails, `profile test` says. */
async function readSample(
  profile: Profile,
  sample: Sample,
  codecs: CodecPool | undefined,
): Promise<readonly Reading[]> {
  try {
    const decode = await openDecoder(profile, sample, codecs)
    return await decode(toMessage(sample))
  } catch {
    return []
  }
}
