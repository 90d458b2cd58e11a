/** Reason codes of MQTT 5 (MQTT 5.0, 2.4) in place of what the agent and aedes say. */
import { type ErrorCode, TromostError } from '../../errors.ts'
import { PacketFault, REASONS } from './packet-fault.ts'

/** Of a connection that is closed. */
const BY_ERROR: Partial<Record<ErrorCode, number>> = {
  PACKET_MALFORMED: REASONS.malformed,
  PACKET_TOO_LARGE: REASONS.tooLarge,
  TOPIC_FORBIDDEN: REASONS.notAuthorized,
  TOPIC_TOO_LONG: REASONS.topicName,
  CLIENT_SILENT: REASONS.keepAlive,
  QOS2_FULL: REASONS.receiveMaximum,
  RATE_EXCEEDED: REASONS.rate,
  SUBSCRIBER_SLOW: REASONS.quota,
  FILTERS_TOO_MANY: REASONS.quota,
  JOURNAL_FULL: REASONS.quota,
  DISK_FULL: REASONS.quota,
}

/** Return codes of CONNACK (MQTT 3.1.1, table 3.1). */
const BY_CONNACK = [
  0,
  REASONS.version,
  REASONS.clientId,
  REASONS.unavailable,
  REASONS.badLogin,
  REASONS.notAuthorized,
]

/** Undefined for a network that failed, and for what aedes ends by itself. */
export function getReason(cause: Error | null): number | undefined {
  if (cause instanceof PacketFault) return cause.reason
  return cause instanceof TromostError ? (BY_ERROR[cause.code] ?? REASONS.unspecified) : undefined
}

export function fromConnack(returnCode: number): number {
  return BY_CONNACK[returnCode] ?? REASONS.unspecified
}

/** What aedes does not grant, it was told not to. */
export function fromSuback(granted: Buffer): Buffer {
  return Buffer.from(granted.map(code => (code === REASONS.unspecified ? REASONS.notAuthorized : code)))
}
