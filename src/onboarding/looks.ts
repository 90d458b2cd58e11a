/** What a message looks like to somebody who is to say what sent it. */
import { openKnownEnvelope } from '../decode/envelopes.ts'
import type { Message } from '../reading.ts'

export interface Looks {
  readonly topic: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  readonly bytes: number
  /** Of the first bytes. */
  readonly hex: string
  /** Of the first characters, where all of them can be printed. */
  readonly text?: string
  /** The envelope of a network server that it came in. */
  readonly envelope?: {
    readonly name: string
    /** The frame of the device itself. */
    readonly hex: string
    readonly bytes: number
    readonly fPort?: number
    /** What the network server calls this kind of device. */
    readonly deviceType?: string
  }
}

const BYTES_SHOWN = 64
const CHARS_SHOWN = 300
/** Control characters but for line breaks and tabs, and what is put in the place of bytes that are no UTF-8. */
const UNPRINTABLE = /[^\P{Cc}\t\n\r]|\ufffd/u

export function describeLooks(message: Message): Looks {
  const { topic, receivedAt, payload } = message
  // The last character of an excerpt may be cut in two.
  const text = payload.toString('utf8', 0, CHARS_SHOWN).replace(/\ufffd{1,3}$/u, '')
  const envelope = describeEnvelope(message)
  return {
    ...{ topic, receivedAt, bytes: payload.length, hex: toHex(payload) },
    ...(text !== '' && !UNPRINTABLE.test(text) && { text }),
    ...(envelope !== undefined && { envelope }),
  }
}

/** The name by which ChirpStack or The Things Stack knows this kind of device, where the message has it. */
export function findDeviceType({ payload }: Pick<Message, 'payload'>): string | undefined {
  const root = parse(payload)
  const profile = readText(root, 'deviceInfo', 'deviceProfileName')
  if (profile !== undefined) return profile
  const brand = readText(root, 'uplink_message', 'version_ids', 'brand_id')
  const model = readText(root, 'uplink_message', 'version_ids', 'model_id')
  return model === undefined ? undefined : [brand, model].filter(part => part !== undefined).join(' ')
}

function describeEnvelope(message: Message): Looks['envelope'] {
  const opened = openKnownEnvelope(message)
  if (opened === undefined) return undefined
  const { name, payload, link } = opened
  const deviceType = findDeviceType(message)
  return {
    ...{ name, hex: toHex(payload), bytes: payload.length },
    ...(link?.fPort !== undefined && { fPort: link.fPort }),
    ...(deviceType !== undefined && { deviceType }),
  }
}

function toHex(payload: Buffer): string {
  return payload.toString('hex', 0, BYTES_SHOWN)
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}

function readText(root: unknown, ...path: readonly string[]): string | undefined {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  }
  return typeof value === 'string' && value !== '' ? value : undefined
}
