/** Bytes become values, the way a profile says. The only error is DECODE_FAILED, with an excerpt of the payload. */
import type { Profile } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { compileAnnouncements, compileUnwrap } from './envelopes.ts'
import { compileFormat } from './formats.ts'
import type { Link } from './frame.ts'

export type Decode = (message: Message) => readonly Reading[]

/** Everything that depends on the profile alone is done here, once. */
export function compileDecoder({ decode, entities }: Profile): Decode {
  const decodeFrame = compileFormat(decode)
  const readsLink = mentionsLink(entities)
  const readAnnouncement = compileAnnouncements(decode)
  const unwrap = compileUnwrap(decode, readsLink)
  return message => {
    const announced = readAnnouncement(message)
    if (announced !== undefined) {
      return announced.online !== undefined && readsLink
        ? [{ values: { link: announced }, observedAt: message.receivedAt }]
        : []
    }
    const frame = unwrap(message)
    const readings = decodeFrame(frame)
    return frame.link === undefined || !readsLink ? readings : addLink(readings, frame.link)
  }
}

/** Whatever vocabulary names it: a mention too many costs a little time, one too few would leave attributes out. */
function mentionsLink(entities: Profile['entities']): boolean {
  return JSON.stringify(entities).includes('link.')
}

function addLink(readings: readonly Reading[], link: Link): readonly Reading[] {
  return readings.map(({ values, observedAt }) => ({ values: { ...values, link }, observedAt }))
}
