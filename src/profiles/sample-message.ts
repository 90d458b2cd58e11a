/** A sample as the message and the device that it stands for. */
import type { Device, Message } from '../reading.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'

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
