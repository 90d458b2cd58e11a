/** The single steps of the flow: whose message it is, what is made of its readings, and how a failure is told. */
import { getMessage, TromostError } from '../errors.ts'
import { nameProfile } from '../profiles/used-profile.ts'
import type { Device, EntityText, Message, Outcome, Reading } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import type { CarryOptions, CompiledProfile } from './carried.ts'

export function toRefusal(error: unknown): Outcome {
  const code = error instanceof TromostError ? error.code : 'MAP_FAILED'
  const detail = error instanceof TromostError ? error.detail : getMessage(error)
  return { kind: 'quarantined', code, detail }
}

export function makeEntities(
  readings: readonly Reading[],
  device: Device,
  { map }: CompiledProfile,
  { onOmitted, onDoubtfulTime, checks }: CarryOptions,
): readonly EntityText[] {
  const [first] = readings
  if (first?.doubtfulTime !== undefined) onDoubtfulTime(first.doubtfulTime)
  const make = (reading: Reading) => {
    const { entities, omitted } = map(reading, device)
    if (omitted > 0) onOmitted(omitted)
    if (checks.check !== undefined) entities.forEach(checks.check)
    return entities
  }
  // Most messages are one reading.
  return first !== undefined && readings.length === 1 ? make(first) : readings.flatMap(make)
}

export function findProfile(device: Device, profiles: CarryOptions['profiles']): CompiledProfile {
  const name = nameProfile(device)
  const profile = profiles.get(name)
  if (profile !== undefined) return profile
  throw new TromostError('DECODE_FAILED', `device ${device.id}: expected a loaded profile, got ${name}`)
}

export function findDevice(message: Message, registry: Registry): Device {
  const device = registry.findDevice(message)
  if (device === undefined) {
    const { tenant, device: id, topic } = message
    const got = id === '' ? `topic ${topic}` : `device ${id} on topic ${topic}`
    throw new TromostError('DEVICE_UNKNOWN', `tenant ${tenant}: expected a provisioned device, got ${got}`)
  }
  return device
}
