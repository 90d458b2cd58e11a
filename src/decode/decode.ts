/** Bytes become values, the way a profile says. Errors are DECODE_FAILED and, where a part was read, DECODE_PARTIAL; each with an excerpt of the payload. */
import type { Profile } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { compileAnnouncements, compileUnwrap } from './envelopes.ts'
import { compileScript, type RunCodec } from './formats/script.ts'
import { compileFormat } from './formats.ts'
import type { Frame, Link } from './frame.ts'
import { PartlyDecoded } from './partly-decoded.ts'
import { compileSeries } from './series.ts'
import type { EdgeNodes } from './sparkplug/edge-nodes.ts'

/** `position` is the place of the message in the journal, where it comes from there. */
export type Decode = (message: Message, position?: number) => readonly Reading[]
export type DecodeLater = (message: Message) => Promise<readonly Reading[]>

/** Everything that depends on the profile alone is done here, once. Messages of Sparkplug B are read by what `edgeNodes` has heard before. */
export function compileDecoder(profile: Profile, edgeNodes?: EdgeNodes): Decode {
  const decodeFrame = compileFormat(profile.decode, edgeNodes)
  const { readsLink, readAnnouncement, unwrap, finish } = compileOpening(profile)
  return (message, position) => {
    const announced = readAnnouncement(message)
    if (announced !== undefined) return readsLink ? toAnnounced(announced, message) : []
    const frame = unwrap(message)
    try {
      return finish(decodeFrame(frame, position), frame)
    } catch (error) {
      if (!(error instanceof PartlyDecoded)) throw error
      throw new PartlyDecoded(finish(error.readings, frame), error.detail)
    }
  }
}

/** The same for a codec script, which answers later: a promise for each message, which the formats above are spared. */
export function compileScriptDecoder(profile: Profile, runCodec: RunCodec): DecodeLater {
  const decodeFrame = compileScript(profile, runCodec)
  const { readsLink, readAnnouncement, unwrap, finish } = compileOpening(profile)
  return async message => {
    const announced = readAnnouncement(message)
    if (announced !== undefined) return readsLink ? toAnnounced(announced, message) : []
    const frame = unwrap(message)
    return finish(await decodeFrame(frame), frame)
  }
}

function compileOpening({ decode, entities }: Profile) {
  const readsLink = mentionsLink(entities)
  const spread = compileSeries(decode.series)
  return {
    readsLink,
    readAnnouncement: compileAnnouncements(decode),
    unwrap: compileUnwrap(decode, readsLink),
    finish: (readings: readonly Reading[], frame: Frame) => {
      const linked = frame.link === undefined || !readsLink ? readings : addLink(readings, frame.link)
      return addNotes(spread(linked, frame), frame)
    },
  }
}

function toAnnounced(link: Link, { receivedAt }: Message): readonly Reading[] {
  return link.online === undefined ? [] : [{ values: { link }, observedAt: receivedAt }]
}

/** Whatever vocabulary names it: a mention too many costs a little time, one too few would leave attributes out. */
function mentionsLink(entities: Profile['entities']): boolean {
  return JSON.stringify(entities).includes('link.')
}

function addLink(readings: readonly Reading[], link: Link): readonly Reading[] {
  return readings.map(({ values, observedAt }) => ({ values: { ...values, link }, observedAt }))
}

/** Most messages leave nothing to note. */
function addNotes(readings: readonly Reading[], { identity, doubtfulTime }: Frame): readonly Reading[] {
  if (identity === undefined && doubtfulTime === undefined) return readings
  return readings.map(({ values, observedAt }) => ({ values, observedAt, identity, doubtfulTime }))
}
