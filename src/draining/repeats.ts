/**
 * Messages of one lane that came before: sent again because a PUBACK was lost, or heard twice on their way. Recognised within the
 * last 30,000 or so, by what tells them apart; after a start, what lies before the cursor is read back from the journal.
 */

import { hashBytes, hashPair, hashText } from '../hash.ts'
import { NumberTable } from '../journal/number-table.ts'
import type { Message, MessageIdentity, Reading } from '../reading.ts'

/** What the same message gives that was received at another time. */
export type DecodeAgain = (message: Message) => readonly Reading[]

/** A client sends again what it has no PUBACK for once it is connected again. */
const REDELIVERY_MS = 10 * 60_000
/** A frame is sent up to 15 times, at the least data rate within two minutes; after a join its counter may come again. */
const FRAME_MS = 2 * 60_000
/** A message is known by its bytes, and some by an id and a frame counter as well. */
const KEYS_MAX = 65_536
const PACKET_IDS = 65_536
const [ID, FRAME] = [hashText('id'), hashText('frame')]

export class Repeats {
  /** When messages were received and the ids of their packets by their bytes, and when they were heard by their identities. */
  readonly #known = new NumberTable(KEYS_MAX)
  /** Times are kept as milliseconds from here, which leaves room for a packet id beside them. */
  readonly #base = Date.now()
  #last = -1

  /** Whether the client sends it again: it says so, and the same bytes came in a packet of the same id shortly before. */
  isRedelivered({ isRedelivery = false, topic, payload, packetId, receivedAt }: Message): boolean {
    if (!isRedelivery) return false
    const earlier = this.#known.get(toKey(topic, payload))
    const isNear = Math.abs(receivedAt - this.#toTime(earlier)) <= REDELIVERY_MS
    return isNear && toPacketId(earlier) === (packetId ?? 0)
  }

  /** Takes note of messages that the lane has passed before the start, oldest first. */
  recall(messages: readonly Message[], identify: (message: Message) => MessageIdentity | undefined): void {
    for (const message of messages) {
      this.#note(message)
      this.#isIdentityKnown(message, identify(message))
    }
  }

  /** Takes note of a message. Gives when its bytes were received before, or NaN. A lane that was set back begins anew. */
  meet(message: Message, position: number): number {
    if (position <= this.#last) this.#known.clear()
    this.#last = position
    return this.#note(message)
  }

  /** Whether its identity came before, or its bytes did (at `earlierAt`) and say when they were observed. Takes note of the identity. */
  isRepeat(
    message: Message,
    readings: readonly Reading[],
    earlierAt: number,
    decodeAgain: DecodeAgain | undefined,
  ): boolean {
    if (this.#isIdentityKnown(message, readings[0]?.identity)) return true
    const mayRepeat = !Number.isNaN(earlierAt) && readings.some(isTimed(message))
    if (!mayRepeat || decodeAgain === undefined) return false
    // Times that count from the receipt are others each time, and bytes that come again with those are news.
    const before = tryAgain(decodeAgain, { ...message, receivedAt: earlierAt })
    return readings.every(
      (reading, index) => !isTimed(message)(reading) || before[index]?.observedAt === reading.observedAt,
    )
  }

  #note({ topic, payload, receivedAt, packetId = 0 }: Message): number {
    const note = (receivedAt - this.#base) * PACKET_IDS + packetId
    return this.#toTime(this.#known.set(toKey(topic, payload), note))
  }

  #isIdentityKnown({ device }: Message, identity: MessageIdentity | undefined): boolean {
    if (identity === undefined) return false
    const { id, frame, heardAt } = identity
    const isIdKnown =
      id !== undefined && !Number.isNaN(this.#known.set(toIdentityKey(ID, device, id), heardAt))
    if (frame === undefined) return isIdKnown
    const key = toIdentityKey(FRAME, device, frame)
    const isFrameKnown = Math.abs(heardAt - this.#known.get(key)) <= FRAME_MS
    if (!isFrameKnown) this.#known.set(key, heardAt)
    return isIdKnown || isFrameKnown
  }

  #toTime(note: number): number {
    return this.#base + Math.floor(note / PACKET_IDS)
  }
}

function toKey(topic: string, payload: Buffer): number {
  return hashBytes(payload, hashText(topic))
}

function toIdentityKey(kind: number, device: string, text: string): number {
  return hashPair(kind, hashText(text, hashText(device)))
}

function toPacketId(note: number): number {
  return note - Math.floor(note / PACKET_IDS) * PACKET_IDS
}

/** What was decoded only in part is not decoded again, and so is news. */
function tryAgain(decodeAgain: DecodeAgain, message: Message): readonly Reading[] {
  try {
    return decodeAgain(message)
  } catch {
    return []
  }
}

/** Whether the reading has a time of its own. */
function isTimed({ receivedAt }: Message): (reading: Reading) => boolean {
  return ({ observedAt }) => observedAt !== receivedAt
}
