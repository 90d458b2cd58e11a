/** Opens envelopes: JSON around a device's bytes, described by paths. All that network servers differ in are the paths. */
import type { EnvelopeFormat } from '../../profiles/formats-envelope.ts'
import { parseNumber } from '../../profiles/number.ts'
import { compilePath, type ReadPath } from '../../profiles/path.ts'
import type { Message } from '../../reading.ts'
import type { Frame, Link } from '../frame.ts'
import { parseJson } from '../json-text.ts'
import { compileObservedTime } from '../observed-time.ts'
import { createDecodeError } from '../payload.ts'

export interface Envelope {
  /** What a message on its topics is told to have been expected: `an uplink of ChirpStack`. */
  readonly name: string
  readonly isTopic: (topic: string) => boolean
  readonly paths: EnvelopeFormat
}

export type OpenEnvelope = (message: Message) => Frame

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const HEX = /^(?:[0-9A-Fa-f]{2})*$/

export function compileEnvelope({ name, paths }: Pick<Envelope, 'name' | 'paths'>): OpenEnvelope {
  const readBytes = compilePath(paths.bytes)
  const readTime = compileOptional(paths.observedAt)
  const getObservedAt = compileObservedTime(paths.timezone)
  const readLink = compileLink(paths)
  const toBytes = paths.encoding === 'hex' ? parseHex : parseBase64
  return message => {
    const root = parseJson(message.payload)
    const payload = toBytes(readBytes(root))
    if (payload === undefined) {
      throw createDecodeError(`${name} with ${paths.encoding} at ${paths.bytes}`, message.payload)
    }
    return {
      topic: message.topic,
      payload,
      receivedAt: getObservedAt(readTime(root), message.receivedAt),
      link: readLink(root),
    }
  }
}

/** The link alone, of a message whose format reads the envelope itself and may do without the bytes. */
export function compileLinkReader({ paths }: Envelope): (message: Message) => Link {
  const readLink = compileLink(paths)
  return ({ payload }) => readLink(parseJson(payload))
}

/** Servers that write proto3 as JSON leave out zeros, so a port that is not there is 0. */
function compileLink(paths: EnvelopeFormat): (root: unknown) => Link {
  const readPort = compileOptional(paths.fPort)
  const readCount = compileOptional(paths.fCnt)
  const readRssi = compileOptional(paths.rssi)
  const readSnr = compileOptional(paths.snr)
  const readGateways = compileOptional(paths.gateways)
  return root => {
    const heard = paths.gateways === undefined ? root : findBest(readGateways(root), readRssi)
    return {
      rssi: toNumber(readRssi(heard)),
      snr: toNumber(readSnr(heard)),
      ...(paths.fPort !== undefined && { fPort: toNumber(readPort(root)) ?? 0 }),
      ...(paths.fCnt !== undefined && { fCnt: toNumber(readCount(root)) ?? 0 }),
    }
  }
}

function findBest(gateways: unknown, readRssi: ReadPath): unknown {
  if (!Array.isArray(gateways)) return undefined
  const strength = (gateway: unknown) => toNumber(readRssi(gateway)) ?? Number.NEGATIVE_INFINITY
  return gateways.reduce((best, gateway) => (strength(gateway) > strength(best) ? gateway : best), undefined)
}

function compileOptional(path: string | undefined): ReadPath {
  return path === undefined ? () => undefined : compilePath(path)
}

/** Some servers write numbers as text. */
function toNumber(value: unknown): number | undefined {
  return typeof value === 'string' ? parseNumber(value) : typeof value === 'number' ? value : undefined
}

function parseBase64(text: unknown): Buffer | undefined {
  if (typeof text !== 'string' || !BASE64.test(text)) return undefined
  const end = text.indexOf('=')
  // Of groups of four the last one may be shorter, but one sign alone is less than a byte: the text was cut off.
  const isWhole = (end < 0 ? text.length : end) % 4 !== 1
  return isWhole ? Buffer.from(text, 'base64') : undefined
}

function parseHex(text: unknown): Buffer | undefined {
  return typeof text === 'string' && HEX.test(text) ? Buffer.from(text, 'hex') : undefined
}
