/** A message without its envelope: what formats decode. A message that came in none is its own frame. */
import type { Message, MessageIdentity, Reading } from '../reading.ts'

/** What decoding notes of the message as a whole, beside its readings. */
export interface Notes {
  identity?: MessageIdentity | undefined
  /** A time that was not believed, as it is shown to people. */
  doubtfulTime?: string | undefined
}

export interface Frame extends Notes {
  readonly topic: string
  readonly payload: Buffer
  /** Milliseconds since the epoch: when the network heard it, where the envelope says so, else when the agent did. */
  readonly receivedAt: Message['receivedAt']
  readonly link?: Link | undefined
  /** The payload as a JSON value, where the envelope had to be read for its own sake. */
  readonly root?: unknown
}

/** What is known of the way that a frame came, readable by mappings as `link.rssi` and so on. */
export interface Link {
  /** In dBm, at the gateway that heard it best. */
  readonly rssi?: number | undefined
  /** In dB. */
  readonly snr?: number | undefined
  readonly fPort?: number | undefined
  readonly fCnt?: number | undefined
  /** Whether the network has the device; only messages about that have it. */
  readonly online?: boolean | undefined
}

/** The only error is DECODE_FAILED. `position` is the place of the message in the journal, for formats that keep what they learn. */
export type DecodeFrame = (frame: Frame, position?: number) => readonly Reading[]
