/** Runs the samples of profiles through decode and map. Nothing is sent. */
import type { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { parseEntity } from '../entity-text.ts'
import { getMessage } from '../errors.ts'
import { compileMapper } from '../map/map.ts'
import { type OpenCodecs, openDecoder, withCodecs } from './decoder.ts'
import { findDifference } from './difference.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'
import { toDevice, toMessage } from './sample-message.ts'

export interface SampleResult {
  readonly profile: string
  readonly sample: string
  readonly passed: boolean
  /** The first difference, such as `entities.0.temperature.value: expected 21.5, got 215`; empty when it passed. */
  readonly difference: string
}

/** One after the other. */
export function runSamples(
  profiles: readonly Profile[],
  open?: OpenCodecs,
): Promise<readonly SampleResult[]> {
  const run = async (codecs: CodecPool | undefined) => {
    const results: SampleResult[] = []
    for (const profile of profiles) results.push(...(await runSamplesOf(profile, codecs)))
    return results
  }
  return withCodecs(profiles, run, open)
}

async function runSamplesOf(
  profile: Profile,
  codecs: CodecPool | undefined,
): Promise<readonly SampleResult[]> {
  const map = compileMapper(profile)
  const results: SampleResult[] = []
  for (const sample of profile.samples) {
    const difference = await runSample(async () => {
      const device = toDevice(sample, profile)
      const decode = await openDecoder(profile, sample, codecs)
      const readings = await decode(toMessage(sample))
      return readings.flatMap(reading => map(reading, device).entities.map(parseEntity))
    }, sample)
    results.push({ profile: profile.id, sample: sample.name, passed: difference === '', difference })
  }
  return results
}

async function runSample(run: () => Promise<unknown>, { entities }: Sample): Promise<string> {
  try {
    return findDifference(entities, await run(), 'entities') ?? ''
  } catch (error) {
    return getMessage(error)
  }
}
