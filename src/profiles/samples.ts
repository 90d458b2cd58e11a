/** Runs the samples of a profile through decode and map. Nothing is sent. */
import { compileDecoder } from '../decode/decode.ts'
import { getMessage } from '../errors.ts'
import { parseEntity } from '../map/entity-text.ts'
import { compileMapper } from '../map/map.ts'
import type { Device, Message } from '../reading.ts'
import { findDifference } from './difference.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'

export interface SampleResult {
  readonly sample: string
  readonly passed: boolean
  /** The first difference, such as `entities.0.temperature.value: expected 21.5, got 215`; empty when it passed. */
  readonly difference: string
}

export function runSamples(profile: Profile): readonly SampleResult[] {
  const map = compileMapper(profile)
  return profile.samples.map(sample => {
    const difference = runSample(() => {
      const device = toDevice(sample, profile)
      // A decoder for each, which knows what this sample has said before and nothing of the others.
      const decode = compileDecoder(profile)
      for (const earlier of sample.before) decode(toMessage({ ...sample, ...earlier }))
      return decode(toMessage(sample)).flatMap(reading => map(reading, device).entities.map(parseEntity))
    }, sample)
    return { sample: sample.name, passed: difference === '', difference }
  })
}

function runSample(run: () => unknown, { entities }: Sample): string {
  try {
    return findDifference(entities, run(), 'entities') ?? ''
  } catch (error) {
    return getMessage(error)
  }
}

export function toMessage({ device, tenant, topic, receivedAt, payload }: Sample): Message {
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

export function toDevice({ device, tenant }: Sample, profile: Profile): Device {
  return { ...device, tenant, profile: profile.id }
}
