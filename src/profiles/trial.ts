/** One message on its way through a profile, step by step: envelope, values, entities. Nothing is stored or sent. */
import { openEnvelope } from '../decode/envelopes.ts'
import type { Frame } from '../decode/frame.ts'
import { getMessage, TromostError } from '../errors.ts'
import { explainLeftOut, type LeftOut } from '../map/explain.ts'
import { compileMapper } from '../map/map.ts'
import type { Device, EntityText, Message, Reading } from '../reading.ts'
import type { Profile } from './profile.ts'

export interface TrialFault {
  readonly code: string
  readonly detail: string
}

/** What a step gave, or why the message ends there: then there are no steps after it. */
export interface Trial {
  readonly envelope?: Frame & { readonly name: string | undefined }
  readonly readings?: readonly Reading[]
  readonly entities?: readonly EntityText[]
  readonly leftOut: readonly (LeftOut & { readonly reading: number })[]
  readonly fault?: TrialFault
}

export async function tryMessage(
  profile: Profile,
  decode: (message: Message) => Promise<readonly Reading[]>,
  message: Message,
  device: Device,
): Promise<Trial> {
  let trial: Trial = { leftOut: [] }
  try {
    trial = { ...trial, envelope: openEnvelope(profile.decode, message) }
    const readings = await decode(message)
    trial = { ...trial, readings }
    const leftOut = readings.flatMap((reading, index) =>
      explainLeftOut(profile, reading, device).map(left => ({ ...left, reading: index })),
    )
    trial = { ...trial, leftOut }
    const map = compileMapper(profile)
    return { ...trial, entities: readings.flatMap(reading => map(reading, device).entities) }
  } catch (error) {
    return { ...trial, fault: toFault(error) }
  }
}

function toFault(error: unknown): TrialFault {
  return error instanceof TromostError
    ? { code: error.code, detail: error.detail }
    : { code: 'MAP_FAILED', detail: getMessage(error) }
}
