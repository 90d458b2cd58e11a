/** Bytes become values, the way a profile says. The only error is DECODE_FAILED, with an excerpt of the payload. */
import type { Profile } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { compileAnnouncements, compileUnwrap } from './envelopes.ts'
import { compileFormat } from './formats.ts'
import type { Link } from './frame.ts'
import { compileSeries } from './series.ts'
import type { EdgeNodes } from './sparkplug/edge-nodes.ts'

/** `position` is the place of the message in the journal, where it comes from there. */
export type Decode = (message: Message, position?: number) => readonly Reading[]

/** Everything that depends on the profile alone is done here, once. Messages of Sparkplug B are read by what `edgeNodes` has heard before. */
export function compileDecoder({ decode, entities }: Profile, edgeNodes?: EdgeNodes): Decode {
  const decodeFrame = compileFormat(decode, edgeNodes)
  const spread = compileSeries(decode.series)
  const readsLink = mentionsLink(entities)
  const readAnnouncement = compileAnnouncements(decode)
  const unwrap = compileUnwrap(decode, readsLink)
  return (message, position) => {
    const announced = readAnnouncement(message)
    if (announced !== undefined) {
      return announced.online !== undefined && readsLink
        ? [{ values: { link: announced }, observedAt: message.receivedAt }]
        : []
    }
    const frame = unwrap(message)
    const readings = decodeFrame(frame, position)
    const linked = frame.link === undefined || !readsLink ? readings : addLink(readings, frame.link)
    return spread(linked, frame.payload)
  }
}

/** Whatever vocabulary names it: a mention too many costs a little time, one too few would leave attributes out. */
function mentionsLink(entities: Profile['entities']): boolean {
  return JSON.stringify(entities).includes('link.')
}

function addLink(readings: readonly Reading[], link: Link): readonly Reading[] {
  return readings.map(({ values, observedAt }) => ({ values: { ...values, link }, observedAt }))
}
