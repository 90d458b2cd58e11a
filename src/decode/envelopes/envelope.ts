/** Opens envelopes: JSON around a device's bytes, described by paths. All that network servers differ in are the paths. */
import type { EnvelopeFormat } from '../../profiles/formats-envelope.ts'
import { parseNumber } from '../../profiles/number.ts'
import { compilePath, type ReadPath } from '../../profiles/path.ts'
import type { Message, MessageIdentity } from '../../reading.ts'
import type { Frame, Link } from '../frame.ts'
import { parseJson } from '../json-text.ts'
import { toMessageId } from '../message-id.ts'
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
  const readIdentity = compileIdentity(paths)
  const toBytes = paths.encoding === 'hex' ? parseHex : parseBase64
  return message => {
    const root = parseJson(message.payload)
    const written = readBytes(root)
    const payload = toBytes(written)
    if (payload === undefined) {
      throw createDecodeError(`${name} with ${paths.encoding} at ${paths.bytes}`, message.payload)
    }
    const received: Pick<Frame, 'receivedAt' | 'doubtfulTime'> = { receivedAt: message.receivedAt }
    const receivedAt = getObservedAt(readTime(root), received)
    return {
      topic: message.topic,
      payload,
      receivedAt,
      link: readLink(root),
      identity: readIdentity(root, receivedAt),
      doubtfulTime: received.doubtfulTime,
    }
  }
}

/** For a message whose format reads the envelope itself and may do without the bytes: it stays, and what the envelope says is added. */
export function compileReader({ paths }: Envelope, readsLink: boolean): OpenEnvelope {
  const readLink = readsLink ? compileLink(paths) : () => undefined
  const readTime = compileOptional(paths.observedAt)
  const getObservedAt = compileObservedTime(paths.timezone)
  const readIdentity = compileIdentity(paths)
  return message => {
    const root = parseJson(message.payload)
    const { topic, payload, receivedAt } = message
    const heardAt = getObservedAt(readTime(root), { receivedAt })
    return { topic, payload, receivedAt, root, link: readLink(root), identity: readIdentity(root, heardAt) }
  }
}

/** What tells the uplink from all others of its device. Servers that write proto3 as JSON leave out zeros here as well. */
function compileIdentity(
  paths: EnvelopeFormat,
): (root: unknown, heardAt: number) => MessageIdentity | undefined {
  const { fCnt, messageId } = paths
  if (fCnt === undefined && messageId === undefined) return () => undefined
  const readId = compileOptional(messageId)
  const readCount = compileOptional(fCnt)
  const readBytes = compilePath(paths.bytes)
  return (root, heardAt) => {
    const id = toMessageId(readId(root))
    const bytes = fCnt === undefined ? undefined : readBytes(root)
    const frame = typeof bytes === 'string' ? `${toNumber(readCount(root)) ?? 0} ${bytes}` : undefined
    return id === undefined && frame === undefined ? undefined : { id, frame, heardAt }
  }
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
