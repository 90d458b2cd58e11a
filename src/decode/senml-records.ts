/** SenML's records (RFC 8428) with their base fields resolved, whether they came as JSON or as CBOR. */
import { parseCbor } from './cbor-item.ts'
import { parseJson } from './json-text.ts'
import { isObject, type JsonObject } from './object-readings.ts'
import { checkName, createDecodeError } from './payload.ts'

export interface SenmlRecord {
  /** Without the base name; empty for a record that has no other. */
  readonly name: string
  readonly value: unknown
  readonly sum: number | undefined
  /** Seconds: absolute from 2^28 on, else from now. */
  readonly time: number
}

/** Labels of the CBOR form (RFC 8428, 6, table 4). */
const LABELS: Readonly<Record<string, string>> = {
  '-1': 'bver',
  '-2': 'bn',
  '-3': 'bt',
  '-4': 'bu',
  '-5': 'bv',
  '-6': 'bs',
  '0': 'n',
  '1': 'u',
  '2': 'v',
  '3': 'vs',
  '4': 'vb',
  '5': 's',
  '6': 't',
  '7': 'ut',
  '8': 'vd',
}

const VERSION_MAX = 10
/** CBOR's arrays. No JSON text starts with one of these. */
const CBOR_ARRAY_MIN = 0x80
const CBOR_ARRAY_MAX = 0x9f

export function parseSenml(payload: Buffer): readonly SenmlRecord[] {
  const [first = 0] = payload
  const isCbor = first >= CBOR_ARRAY_MIN && first <= CBOR_ARRAY_MAX
  const pack = isCbor ? parseCbor(payload) : parseJson(payload)
  if (!Array.isArray(pack)) throw createDecodeError('a list of SenML records', payload)
  const base: Base = { time: 0, value: 0, sum: undefined }
  return pack.flatMap(record => {
    if (!isObject(record)) throw createDecodeError('SenML records', payload)
    return resolve(isCbor ? nameLabels(record) : toHexData(record), base, payload)
  })
}

/** Base fields hold until a later record changes them (RFC 8428, 4.1). */
interface Base {
  time: number
  value: number
  sum: number | undefined
}

function resolve(record: JsonObject, base: Base, payload: Buffer): readonly SenmlRecord[] {
  checkUnderstood(record, payload)
  base.time = getNumber(record, 'bt', payload) ?? base.time
  base.value = getNumber(record, 'bv', payload) ?? base.value
  base.sum = getNumber(record, 'bs', payload) ?? base.sum
  const number = getNumber(record, 'v', payload)
  const sum = getNumber(record, 's', payload)
  const value = number === undefined ? findValue(record) : base.value + number
  // A record may hold base fields alone.
  if (value === undefined && sum === undefined) return []
  const name = record['n'] ?? ''
  if (typeof name !== 'string') throw createDecodeError('text as the name n', payload)
  return [
    {
      name: name === '' ? '' : checkName(name, payload),
      value,
      sum: sum === undefined ? undefined : (base.sum ?? 0) + sum,
      time: base.time + (getNumber(record, 't', payload) ?? 0),
    },
  ]
}

/** What ends with an underscore must not be passed over by those who do not know it (RFC 8428, 4.4). */
function checkUnderstood(record: JsonObject, payload: Buffer): void {
  const unknown = Object.keys(record).find(label => label.endsWith('_'))
  if (unknown !== undefined) throw createDecodeError(`no field that must be understood (${unknown})`, payload)
  const version = getNumber(record, 'bver', payload) ?? VERSION_MAX
  if (version > VERSION_MAX) throw createDecodeError(`SenML of version ${VERSION_MAX} at most`, payload)
}

function findValue(record: JsonObject): unknown {
  return record['vs'] ?? record['vb'] ?? record['vd']
}

function getNumber(record: JsonObject, label: string, payload: Buffer): number | undefined {
  const value = record[label]
  if (value === undefined || typeof value === 'number') return value
  throw createDecodeError(`a number as ${label}`, payload)
}

function nameLabels(record: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(record).map(([label, value]) => [LABELS[label] ?? label, value]))
}

/** Bytes are base64url in JSON and hexadecimal text in what our CBOR gives: one and the same for mappings. */
function toHexData(record: JsonObject): JsonObject {
  const data = record['vd']
  return typeof data === 'string' ? { ...record, vd: Buffer.from(data, 'base64url').toString('hex') } : record
}
