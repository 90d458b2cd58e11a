/** One message on its way through a profile, as it is shown: envelope, values, entities, and the request that would be sent. */
import type { DestinationConfig } from '../config/config.ts'
import { parseEntity } from '../entity-text.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Trial, TrialFault } from '../profiles/trial.ts'
import type { Device, Entity, Message } from '../reading.ts'
import type { DescribedRequest } from '../uplink/dialect.ts'
import { toTime } from './traced-message.ts'

interface Tried {
  readonly profile: Profile
  readonly device: Device
  readonly message: Message
  readonly trial: Trial
  readonly destination: DestinationConfig
  readonly requests: readonly DescribedRequest[]
}

/** A step that was not reached is not there; `fault` says why. */
export interface ShownTrial {
  readonly profile: string
  readonly device: Device
  readonly message: { readonly topic: string; readonly receivedAt: string; readonly bytes: number }
  readonly envelope?: {
    readonly name: string | null
    readonly hex: string
    readonly observedAt: string
    readonly fPort?: number | undefined
    readonly fCnt?: number | undefined
    readonly rssi?: number | undefined
    readonly snr?: number | undefined
  }
  readonly readings?: readonly { readonly observedAt: string; readonly values: unknown }[]
  readonly entities?: readonly Entity[]
  readonly leftOut: Trial['leftOut']
  readonly destination: { readonly id: string; readonly dialect: string }
  readonly requests?: readonly (Omit<DescribedRequest, 'body'> & { readonly body: unknown })[]
  readonly fault?: TrialFault
}

export function toShownTrial({ profile, device, message, trial, destination, requests }: Tried): ShownTrial {
  const { envelope, readings, entities, leftOut, fault } = trial
  return {
    profile: profile.id,
    device,
    message: {
      topic: message.topic,
      receivedAt: toTime(message.receivedAt),
      bytes: message.payload.length,
    },
    ...(envelope !== undefined && { envelope: toEnvelope(envelope) }),
    ...(readings !== undefined && {
      readings: readings.map(({ observedAt, values }) => ({ observedAt: toTime(observedAt), values })),
    }),
    ...(entities !== undefined && { entities: entities.map(parseEntity) }),
    leftOut,
    destination: { id: destination.id, dialect: destination.dialect },
    ...(entities !== undefined && {
      requests: requests.map(({ body, ...request }) => ({ ...request, body: JSON.parse(body) as unknown })),
    }),
    ...(fault !== undefined && { fault }),
  }
}

function toEnvelope({ name, payload, receivedAt, link }: NonNullable<Trial['envelope']>) {
  const { fPort, fCnt, rssi, snr } = link ?? {}
  return {
    name: name ?? null,
    hex: payload.toString('hex'),
    observedAt: toTime(receivedAt),
    fPort,
    fCnt,
    rssi,
    snr,
  }
}
