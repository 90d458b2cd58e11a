/** A profile that is only a text yet: tried with a message, and tested with its samples. Nothing is stored or sent. */
import type { DestinationConfig } from '../config/config.ts'
import type { Checked } from '../document.ts'
import { openDecoder, withCodecs } from '../profiles/decoder.ts'
import { type Finding, lintProfile } from '../profiles/lint.ts'
import { readSamples } from '../profiles/lint-files.ts'
import type { LoadedProfile } from '../profiles/load.ts'
import { loadModelNames } from '../profiles/model-names.ts'
import type { Profile } from '../profiles/profile.ts'
import { readDraft } from '../profiles/read-draft.ts'
import type { Sample } from '../profiles/sample.ts'
import { toDevice, toMessage } from '../profiles/sample-message.ts'
import { runSamples, type SampleResult } from '../profiles/samples.ts'
import { tryMessage } from '../profiles/trial.ts'
import { describeRequests } from '../uplink/described-requests.ts'
import { type ShownTrial, toShownTrial } from './shown-trial.ts'

/** Plain data, which crosses to a thread. */
export type DraftJob =
  | {
      readonly kind: 'try'
      /** The text of a draft, or a profile that is loaded. */
      readonly profile: string | Profile
      readonly sample: Sample
      readonly destination: DestinationConfig
      readonly publicUrl: string | undefined
    }
  | { readonly kind: 'test'; readonly draft: string }

export interface DraftTested {
  readonly profile: string
  readonly passed: boolean
  readonly samples: readonly Omit<SampleResult, 'profile'>[]
  readonly findings: readonly Finding[]
}

export async function carryOutDraftJob(job: DraftJob): Promise<Checked<ShownTrial | DraftTested>> {
  if (job.kind === 'test') {
    const draft = readDraft(job.draft)
    return draft.faults === undefined ? { value: await testDraft(draft.value) } : draft
  }
  if (typeof job.profile !== 'string') return { value: await tryProfile(job.profile, job) }
  const draft = readDraft(job.profile)
  return draft.faults === undefined ? { value: await tryProfile(draft.value.profile, job) } : draft
}

function tryProfile(
  profile: Profile,
  { sample, destination, publicUrl }: Extract<DraftJob, { kind: 'try' }>,
): Promise<ShownTrial> {
  return withCodecs([profile], async codecs => {
    const message = toMessage(sample)
    const device = toDevice(sample, profile)
    const trial = await tryMessage(profile, await openDecoder(profile, sample, codecs), message, device)
    const address = { destination, tenant: device.tenant, brokerTenant: undefined, publicUrl }
    const requests = describeRequests(address, trial.entities ?? [])
    return toShownTrial({ profile, device, message, trial, destination, requests })
  })
}

function testDraft(loaded: LoadedProfile): Promise<DraftTested> {
  const { profile } = loaded
  return withCodecs([profile], async codecs => {
    const results = await runSamples([profile])
    const readings = await readSamples(profile, codecs)
    return {
      profile: profile.id,
      passed: results.every(({ passed }) => passed),
      samples: results.map(({ profile: _profile, ...result }) => result),
      findings: lintProfile({ ...loaded, models: loadModelNames(), readings }),
    }
  })
}
