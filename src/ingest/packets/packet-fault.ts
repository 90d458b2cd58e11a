/** Why a client is refused for what it sent, with the reason code that MQTT 5 has for it (MQTT 5.0, 2.4). */
import { type ErrorCode, TromostError } from '../../errors.ts'

export const REASONS = {
  unspecified: 0x80,
  malformed: 0x81,
  protocolError: 0x82,
  notHere: 0x83,
  version: 0x84,
  clientId: 0x85,
  badLogin: 0x86,
  notAuthorized: 0x87,
  unavailable: 0x88,
  shuttingDown: 0x8b,
  authMethod: 0x8c,
  keepAlive: 0x8d,
  takenOver: 0x8e,
  topicName: 0x90,
  topicAlias: 0x94,
  receiveMaximum: 0x93,
  tooLarge: 0x95,
  rate: 0x96,
  quota: 0x97,
  sharedSubscription: 0x9e,
  subscriptionId: 0xa1,
} as const

/** Of MQTT 5. */
export type Reason = (typeof REASONS)[keyof typeof REASONS]

export class PacketFault extends TromostError {
  readonly reason: Reason

  constructor(detail: string, reason: Reason = REASONS.malformed, code: ErrorCode = 'PACKET_MALFORMED') {
    super(code, detail)
    this.reason = reason
  }
}
