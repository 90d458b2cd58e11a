/** What a guard asks of those around it. */
import type { TromostError } from '../errors.ts'
import type { PublishPacket } from './publish-packet.ts'

export type Done = (error?: Error | null) => void

/**
 * Takes a message on the short way; false when it has to go the long one, as it has when it is not `mayBeShort`. Throws
 * PACKET_MALFORMED for a topic that is none.
 */
export type TakePublish = (packet: PublishPacket, mayBeShort: boolean, done: Done) => boolean

export interface GuardOptions {
  readonly packetBytesMax: number
  /** How many messages at QoS 2 may be on their way at once. */
  readonly receiveMax: number
  readonly sessionExpirySeconds: number
  /** How long a client may leave its acknowledgements unread. */
  readonly drainTimeoutMs: number
  /** After so much silence a client is gone, whatever keep-alive it asked for. */
  readonly idleTimeoutMs: number
  /** Hears why the connection is closed. */
  readonly onFault: (fault: TromostError) => void
}
