/** What is shown of one message on its way from bytes to the answer of the broker. Times are UTC (ISO 8601). */
import type { EntityAnswer } from '../draining/fates.ts'
import { parseEntity } from '../entity-text.ts'
import type { Trial, TrialFault } from '../profiles/trial.ts'
import type { Device, Entity, Message } from '../reading.ts'
import type { DescribedRequest } from '../uplink/dialect.ts'

export interface TracedMessage {
  readonly tenant: string
  readonly device: string
  readonly position: number
  readonly topic: string
  readonly qos: number
  readonly receivedAt: string
  /** When it was put on disk; not known of a message that was heard as it crossed. */
  readonly storedAt?: string
  readonly payload: { readonly bytes: number; readonly hex: string; readonly text?: string }
  /** What the profile makes of it as it stands now. */
  readonly profile?: string
  readonly readings?: readonly { readonly observedAt: string; readonly values: unknown }[]
  readonly entities?: readonly Entity[]
  readonly leftOut?: Trial['leftOut']
  readonly fault?: TrialFault
  readonly destinations: readonly TracedDelivery[]
}

export interface TracedDelivery {
  readonly destination: string
  /** settled: before what is remembered; it was delivered, unless it was discarded or has expired since. */
  readonly outcome: 'delivered' | 'skipped' | 'quarantined' | 'duplicate' | 'settled' | 'waiting'
  /** Of what went to quarantine. */
  readonly code?: string
  readonly detail?: string
  readonly settledAt?: string
  /** Why the destination takes nothing at present. */
  readonly trouble?: string
  /** Where it is sent to; headers without what is secret. */
  readonly requests: readonly Omit<DescribedRequest, 'body'>[]
  /** What the destination said last of each entity. */
  readonly answers: readonly (Omit<EntityAnswer, 'sentAt' | 'answeredAt'> & {
    readonly sentAt: string
    readonly answeredAt: string
  })[]
}

export interface Shown {
  readonly position: number
  readonly message: Message
  readonly storedAt?: number
  readonly device: Device | undefined
  readonly trial: Trial
  readonly destinations: readonly TracedDelivery[]
}

/** This much of a payload tells which one it is; the whole is at most 256 KiB. */
const BYTES_MAX = 1_024
const CHARS_MAX = 500
/** Control characters but for line breaks and tabs, and what is put in the place of bytes that are no UTF-8. */
const UNPRINTABLE = /[^\P{Cc}\t\n\r]|\ufffd/u

export function toTracedMessage({
  position,
  message,
  storedAt,
  device,
  trial,
  destinations,
}: Shown): TracedMessage {
  const { tenant, device: id, topic, qos, receivedAt, payload } = message
  const { readings, entities, leftOut, fault } = trial
  return {
    ...{ tenant, device: id, position, topic, qos, receivedAt: toTime(receivedAt) },
    ...(storedAt !== undefined && { storedAt: toTime(storedAt) }),
    payload: toExcerpt(payload),
    ...(device !== undefined && { profile: device.profile }),
    ...(readings !== undefined && {
      readings: readings.map(({ observedAt, values }) => ({ observedAt: toTime(observedAt), values })),
    }),
    ...(entities !== undefined && { entities: entities.map(parseEntity) }),
    ...(leftOut.length > 0 && { leftOut }),
    ...(fault !== undefined && { fault }),
    destinations,
  }
}

export function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

function toExcerpt(payload: Buffer): TracedMessage['payload'] {
  // The last character of an excerpt may be cut in two.
  const text = payload.toString('utf8', 0, CHARS_MAX).replace(/\ufffd$/u, '')
  return {
    bytes: payload.length,
    hex: payload.toString('hex', 0, BYTES_MAX),
    ...(text !== '' && !UNPRINTABLE.test(text) && { text }),
  }
}
