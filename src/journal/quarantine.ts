/** What cannot be decoded, mapped or delivered: the message as it came, why, and the words of whoever refused it. Kept for replay. */
import type { Message } from '../reading.ts'
import type { Change, Engine, Entry } from './engine.ts'

/** Why a message is in quarantine, and everything about it but its bytes. */
export interface QuarantineNote {
  readonly code: string
  readonly detail: string
  readonly device: string
  readonly topic: string
  readonly receivedAt: number
  readonly quarantinedAt: number
  /** How many messages the entry stands for: one, unless it is a record of the journal that could not be read. */
  readonly messages: number
}

export interface QuarantinePlace {
  readonly tenant: string
  readonly destination: string
  readonly position: number
}

export interface QuarantinedMessage extends QuarantineNote, QuarantinePlace {
  /** `tenant/destination/position`. */
  readonly id: string
  readonly payload: Buffer
  /** Of the record on disk: the bytes of the message, and the note. */
  readonly bytes: number
}

const NOTE_BYTES_AT = 4
/** A broker may answer with pages of text; this much of it explains the case. */
const DETAIL_CHARS_MAX = 2_000
const COUNTED_AT_ONCE = 64

/** The write that keeps a message. Written twice for the same place it is one entry, so a crash in between doubles nothing. */
export function createQuarantineEntry(
  place: QuarantinePlace,
  { device, topic, receivedAt, payload }: Pick<Message, 'device' | 'topic' | 'receivedAt' | 'payload'>,
  { code, detail, messages }: Pick<QuarantineNote, 'code' | 'detail' | 'messages'>,
): Change & { readonly value: Buffer } {
  const note: QuarantineNote = {
    code,
    detail: detail.slice(0, DETAIL_CHARS_MAX),
    device,
    topic,
    receivedAt,
    quarantinedAt: Date.now(),
    messages,
  }
  const noteBytes = Buffer.from(JSON.stringify(note))
  const value = Buffer.allocUnsafe(NOTE_BYTES_AT + noteBytes.length + payload.length)
  value.writeUInt32LE(noteBytes.length, 0)
  noteBytes.copy(value, NOTE_BYTES_AT)
  payload.copy(value, NOTE_BYTES_AT + noteBytes.length)
  return { ...toKey(place), value }
}

/** Entries of a lane, oldest first, from behind the position `after` on. */
export async function listQuarantine(
  engine: Engine,
  query: {
    readonly tenant: string
    readonly destination: string
    readonly after?: number
    readonly limit: number
  },
): Promise<readonly QuarantinedMessage[]> {
  const { tenant, destination, after = -1, limit } = query
  const entries = await engine.range('quarantine', {
    within: [tenant, destination],
    from: [tenant, destination, after + 1],
    limit,
  })
  return entries.map(decodeQuarantineEntry)
}

/** What the entries of a lane take. Reads all of them. */
export async function countQuarantinedBytes(
  engine: Engine,
  tenant: string,
  destination: string,
): Promise<number> {
  let bytes = 0
  for (let after = -1, more = true; more; ) {
    const part = await listQuarantine(engine, { tenant, destination, after, limit: COUNTED_AT_ONCE })
    for (const entry of part) bytes += entry.bytes
    after = part.at(-1)?.position ?? after
    more = part.length === COUNTED_AT_ONCE
  }
  return bytes
}

/** One entry, or nothing where it has left the quarantine. */
export async function getQuarantined(
  engine: Engine,
  place: QuarantinePlace,
): Promise<QuarantinedMessage | undefined> {
  const { table, key } = toKey(place)
  const value = await engine.get(table, key)
  return value === undefined ? undefined : decodeQuarantineEntry({ key, value })
}

/** The newest entry of a lane that is older than a position. */
export async function getLastQuarantinedBefore(
  engine: Engine,
  { tenant, destination, position }: QuarantinePlace,
): Promise<QuarantinedMessage | undefined> {
  const place = { within: [tenant, destination], from: [tenant, destination, position - 1] }
  const [last] = await engine.range('quarantine', { ...place, limit: 1, backwards: true })
  return last === undefined ? undefined : decodeQuarantineEntry(last)
}

/** The write by which an entry leaves. */
export function createQuarantineRemoval(place: QuarantinePlace): Change {
  return toKey(place)
}

function toKey({ tenant, destination, position }: QuarantinePlace) {
  return { table: 'quarantine' as const, key: [tenant, destination, position] }
}

function decodeQuarantineEntry({ key, value }: Entry): QuarantinedMessage {
  const [tenant, destination, position] = key
  return {
    id: `${tenant}/${destination}/${position}`,
    tenant: String(tenant),
    destination: String(destination),
    position: Number(position),
    ...decodeNote(value),
    payload: value.subarray(NOTE_BYTES_AT + value.readUInt32LE(0)),
    bytes: value.length,
  }
}

function decodeNote(value: Buffer): QuarantineNote {
  return JSON.parse(
    value.toString('utf8', NOTE_BYTES_AT, NOTE_BYTES_AT + value.readUInt32LE(0)),
  ) as QuarantineNote
}
