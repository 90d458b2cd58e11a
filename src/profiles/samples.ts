/** Runs the samples of profiles through decode and map. Nothing is sent. */
import { compileDecoder, compileScriptDecoder } from '../decode/decode.ts'
import { CODEC_LIMITS } from '../decode/sandbox/codec.ts'
import { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { getMessage } from '../errors.ts'
import { parseEntity } from '../map/entity-text.ts'
import { compileMapper } from '../map/map.ts'
import type { Device, Message, Reading } from '../reading.ts'
import { findDifference } from './difference.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'

export interface SampleResult {
  readonly profile: string
  readonly sample: string
  readonly passed: boolean
  /** The first difference, such as `entities.0.temperature.value: expected 21.5, got 215`; empty when it passed. */
  readonly difference: string
}

/** One after the other. `openCodecs` gives a pool for as long as that takes, if any profile has a script. */
export async function runSamples(
  profiles: readonly Profile[],
  openCodecs: () => Promise<CodecPool> = () => CodecPool.open({ threads: 1, limits: CODEC_LIMITS }),
): Promise<readonly SampleResult[]> {
  const hasScript = profiles.some(({ decode }) => decode.script !== undefined)
  const codecs = hasScript ? await openCodecs() : undefined
  try {
    const results: SampleResult[] = []
    for (const profile of profiles) results.push(...(await runSamplesOf(profile, codecs)))
    return results
  } finally {
    await codecs?.close()
  }
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
      // A decoder for each, which knows what this sample has said before and nothing of the others.
      const decode = compileEither(profile, codecs)
      for (const earlier of sample.before) await decode(toMessage({ ...sample, ...earlier }))
      const readings = await decode(toMessage(sample))
      return readings.flatMap(reading => map(reading, device).entities.map(parseEntity))
    }, sample)
    results.push({ profile: profile.id, sample: sample.name, passed: difference === '', difference })
  }
  return results
}

function compileEither(
  profile: Profile,
  codecs: CodecPool | undefined,
): (message: Message) => readonly Reading[] | Promise<readonly Reading[]> {
  return codecs === undefined || profile.decode.script === undefined
    ? compileDecoder(profile)
    : compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
}

async function runSample(run: () => Promise<unknown>, { entities }: Sample): Promise<string> {
  try {
    return findDifference(entities, await run(), 'entities') ?? ''
  } catch (error) {
    return getMessage(error)
  }
}

function toMessage({ device, tenant, topic, receivedAt, payload }: Sample): Message {
  const framed = payload.fPort !== undefined
  return {
    tenant,
    device: device.id,
    topic: topic ?? (framed ? `application/sample/device/${device.id}/event/up` : `tromost/${device.id}/up`),
    payload: framed ? toUplink(payload) : toBytes(payload),
    receivedAt: Date.parse(receivedAt),
    qos: 1,
  }
}

function toBytes({ json, text, hex }: Sample['payload']): Buffer {
  if (hex !== undefined) return Buffer.from(hex.replace(/\s/g, ''), 'hex')
  return Buffer.from(text ?? JSON.stringify(json))
}

/** As ChirpStack v4 sends the frame, so that the envelope is part of what the sample tests. */
function toUplink(payload: Sample['payload']): Buffer {
  return Buffer.from(JSON.stringify({ fPort: payload.fPort, data: toBytes(payload).toString('base64') }))
}

function toDevice({ device, tenant }: Sample, profile: Profile): Device {
  return { ...device, tenant, profile: profile.id }
}
