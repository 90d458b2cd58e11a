/** What of a connection depends on the version of MQTT that its client speaks. aedes is always spoken to in 3.1.1. */
import type { PacketReader } from '../packet-reader.ts'

/** What a CONNECT means for the guard. */
export interface Introduction {
  /** The CONNECT as aedes is to get it. */
  readonly packet: Buffer
  /** 0 for none. */
  readonly keepAliveSeconds: number
}

export interface Dialect {
  /** Whether a PUBLISH has properties before its payload. */
  readonly hasProperties: boolean
  /** Whether the session is to outlive a connection that began it anew; never asked for before MQTT 5. */
  readonly keepsSession: boolean
  /** Throws PACKET_MALFORMED, and what else a CONNECT is refused with. */
  toConnect(packet: PacketReader): Introduction
  /**
   * A packet of the client, any but CONNECT, checked, as aedes is to get it. Undefined for one that aedes is not to get. Throws
   * PACKET_MALFORMED.
   */
  toBroker(packet: PacketReader): Buffer | undefined
  /** What aedes writes, as the client is to get it. */
  toClient(written: Buffer): Buffer
  /** The last word to a client whose connection is closed, where its version has one. */
  getFarewell(reason: number | undefined, isConnected: boolean): Buffer | undefined
}

/** Where a dialect sends what takes the place of no other packet. */
export interface Wires {
  toBroker(packet: Buffer): void
  toClient(packet: Buffer): void
}
