/** Cayenne LPP: records of a channel, a type and a value; a value is named after both, such as `temperature_7`. */
import type { TromostError } from '../../errors.ts'
import type { CayenneFormat } from '../../profiles/formats-bytes.ts'
import type { Fields } from '../../profiles/formats-fields.ts'
import type { Reading } from '../../reading.ts'
import type { DecodeFrame } from '../frame.ts'
import { compileFields } from '../layout.ts'
import { PartlyDecoded } from '../partly-decoded.ts'
import { createBytesError } from '../payload.ts'

/** A type is its name and its fields: one field named `value` is the value itself, several are an object. */
type CayenneType = readonly [name: string, fields: Fields]

const AXES = (scale: number): Fields => ({
  x: { read: 'i16be', scale },
  y: { read: 'i16be', scale },
  z: { read: 'i16be', scale },
})

/** The IPSO types of the format's description less 3200, and those that its later libraries added. */
const TYPES: Readonly<Record<number, CayenneType>> = {
  0: ['digital_in', { value: 'u8' }],
  1: ['digital_out', { value: 'u8' }],
  2: ['analog_in', { value: { read: 'i16be', scale: 0.01 } }],
  3: ['analog_out', { value: { read: 'i16be', scale: 0.01 } }],
  100: ['generic', { value: 'u32be' }],
  101: ['luminosity', { value: 'u16be' }],
  102: ['presence', { value: 'u8' }],
  103: ['temperature', { value: { read: 'i16be', scale: 0.1 } }],
  104: ['relative_humidity', { value: { read: 'u8', scale: 0.5 } }],
  113: ['accelerometer', AXES(0.001)],
  115: ['barometric_pressure', { value: { read: 'u16be', scale: 0.1 } }],
  116: ['voltage', { value: { read: 'u16be', scale: 0.01 } }],
  117: ['current', { value: { read: 'u16be', scale: 0.001 } }],
  118: ['frequency', { value: 'u32be' }],
  120: ['percentage', { value: 'u8' }],
  121: ['altitude', { value: 'i16be' }],
  125: ['concentration', { value: 'u16be' }],
  128: ['power', { value: 'u16be' }],
  130: ['distance', { value: { read: 'u32be', scale: 0.001 } }],
  131: ['energy', { value: { read: 'u32be', scale: 0.001 } }],
  132: ['direction', { value: 'u16be' }],
  133: ['unix_time', { value: 'u32be' }],
  134: ['gyrometer', AXES(0.01)],
  135: ['colour', { red: 'u8', green: 'u8', blue: 'u8' }],
  136: [
    'gps',
    {
      latitude: { read: 'i24be', scale: 0.0001 },
      longitude: { read: 'i24be', scale: 0.0001 },
      altitude: { read: 'i24be', scale: 0.01 },
    },
  ],
  142: ['switch', { value: 'u8' }],
}

const KEY_BYTES = 2

/** The format describes itself, so a profile has nothing to say. */
export function compileCayenne(_format: CayenneFormat): DecodeFrame {
  const types = new Map(
    Object.entries(TYPES).map(([type, [name, fields]]) => [
      Number(type),
      { name, isSingle: Object.hasOwn(fields, 'value'), ...compileFields(fields) },
    ]),
  )
  return ({ payload, receivedAt }) => {
    if (payload.length === 0) throw createBytesError('a payload', payload)
    const values: Record<string, unknown> = {}
    for (let at = 0; at < payload.length; ) {
      const type = types.get(payload[at + 1] ?? -1)
      const start = at + KEY_BYTES
      if (type === undefined || start + type.bytes > payload.length) {
        throw createFault(createBytesError(describeMissing(type, at), payload), values, receivedAt)
      }
      const parts: Record<string, unknown> = {}
      type.read(payload, start, parts)
      values[`${type.name}_${payload[at]}`] = type.isSingle ? parts['value'] : parts
      at = start + type.bytes
    }
    return [{ values, observedAt: receivedAt }]
  }
}

function createFault(fault: TromostError, values: Reading['values'], observedAt: number): TromostError {
  const isPart = Object.keys(values).length > 0
  return isPart ? new PartlyDecoded([{ values, observedAt }], fault.detail) : fault
}

function describeMissing(
  type: { readonly name: string; readonly bytes: number } | undefined,
  at: number,
): string {
  if (type === undefined) return `a type of Cayenne LPP at ${at + 1}`
  return `${type.bytes} bytes of ${type.name} at ${at + KEY_BYTES}`
}
