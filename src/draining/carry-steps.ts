/** The single steps of the flow: whose message it is, what is made of its readings, and how a failure is told. */
import { getMessage, TromostError } from '../errors.ts'
import type { EntityText, Message, Outcome, Reading } from '../reading.ts'
import type { Carried, CarryOptions, CompiledProfile } from './carried.ts'
import type { KnownDevice } from './known-devices.ts'

export function toRefusal(error: unknown): Outcome {
  const code = error instanceof TromostError ? error.code : 'MAP_FAILED'
  const detail = error instanceof TromostError ? error.detail : getMessage(error)
  return { kind: 'quarantined', code, detail }
}

export function makeEntities(
  readings: readonly Reading[],
  { known, profile: { map } }: Carried,
  { onOmitted, onDoubtfulTime, checks }: CarryOptions,
): readonly EntityText[] {
  const [first] = readings
  if (first?.doubtfulTime !== undefined) onDoubtfulTime(first.doubtfulTime)
  const make = (reading: Reading) => {
    const { entities, omitted } = map(reading, known.device, known.seenBy(map))
    if (omitted > 0) onOmitted(omitted)
    if (checks.check !== undefined) entities.forEach(checks.check)
    return entities
  }
  // Most messages are one reading.
  return first !== undefined && readings.length === 1 ? make(first) : readings.flatMap(make)
}

export function findProfile(
  { id, profileName }: KnownDevice,
  profiles: CarryOptions['profiles'],
): CompiledProfile {
  const profile = profiles.get(profileName)
  if (profile !== undefined) return profile
  throw new TromostError('DECODE_FAILED', `device ${id}: expected a loaded profile, got ${profileName}`)
}

export function findDevice(message: Message, devices: CarryOptions['devices']): KnownDevice {
  const known = devices.find(message)
  if (known === undefined) {
    const { tenant, device: id, topic } = message
    const got = id === '' ? `topic ${topic}` : `device ${id} on topic ${topic}`
    throw new TromostError('DEVICE_UNKNOWN', `tenant ${tenant}: expected a provisioned device, got ${got}`)
  }
  return known
}
