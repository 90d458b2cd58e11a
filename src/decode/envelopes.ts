/** THE TABLE of envelopes, which are recognised by their topics, and of announcements, which tell of a device and not from its sensors. */
import type { DecodeProfile } from '../profiles/formats.ts'
import type { Message } from '../reading.ts'
import { ANNOUNCEMENT_BYTES_MAX } from './announcement.ts'
import { CHIRPSTACK } from './envelopes/chirpstack.ts'
import { compileEnvelope, compileReader, type Envelope, type OpenEnvelope } from './envelopes/envelope.ts'
import { HOMIE } from './envelopes/homie.ts'
import { SHELLY } from './envelopes/shelly.ts'
import { TASMOTA } from './envelopes/tasmota.ts'
import { THE_THINGS_STACK } from './envelopes/the-things-stack.ts'
import { ZIGBEE2MQTT } from './envelopes/zigbee2mqtt.ts'
import type { Frame, Link } from './frame.ts'

const ENVELOPES: readonly Envelope[] = [CHIRPSTACK, THE_THINGS_STACK]

/** Of devices whose values are JSON. */
const JSON_ANNOUNCEMENTS = [ZIGBEE2MQTT, TASMOTA, SHELLY]

/** Takes a message out of its envelope, if it came in one. */
export function compileUnwrap(decode: DecodeProfile, readsLink: boolean): (message: Message) => Frame {
  if (decode.envelope !== undefined) {
    return compileEnvelope({ name: 'an envelope', paths: decode.envelope })
  }
  // Paths of the format json start at the root of the message, the envelope included, which may hold decoded values.
  if (decode.json !== undefined) return compileReaders(readsLink)
  const known = ENVELOPES.map(envelope => ({
    isTopic: envelope.isTopic,
    open: compileEnvelope(readsLink ? envelope : withoutSignal(envelope)),
  }))
  const find = (topic: string): OpenEnvelope | undefined => known.find(({ isTopic }) => isTopic(topic))?.open
  return message => find(message.topic)?.(message) ?? message
}

/** The frame of one message with all that is known of its way, and what the envelope is called; for people who try a profile. */
export function openEnvelope(decode: DecodeProfile, message: Message): Frame & { name: string | undefined } {
  const known = ENVELOPES.find(({ isTopic }) => isTopic(message.topic))?.name
  const name = decode.envelope === undefined ? known : 'the envelope that the profile describes'
  return { ...compileUnwrap(decode, true)(message), name }
}

/** The same where no profile is known yet: nothing where the message came in no known envelope, or in a broken one. */
export function openKnownEnvelope(message: Message): (Frame & { readonly name: string }) | undefined {
  const envelope = ENVELOPES.find(({ isTopic }) => isTopic(message.topic))
  if (envelope === undefined) return undefined
  try {
    return { ...compileEnvelope(envelope)(message), name: envelope.name }
  } catch {
    return undefined
  }
}

function compileReaders(readsLink: boolean): (message: Message) => Frame {
  const known = ENVELOPES.map(envelope => ({ ...envelope, read: compileReader(envelope, readsLink) }))
  return message => known.find(({ isTopic }) => isTopic(message.topic))?.read(message) ?? message
}

/** Formats need the port; to look through the gateways for what no mapping reads would be in vain. */
function withoutSignal(envelope: Envelope): Envelope {
  const { gateways: _gateways, rssi: _rssi, snr: _snr, ...paths } = envelope.paths
  return { ...envelope, paths }
}

/** The announcement that a message is, or undefined. */
export function compileAnnouncements(decode: DecodeProfile): (message: Message) => Link | undefined {
  const isJson = decode.json !== undefined
  return message => {
    if (HOMIE.isTopic(message.topic)) return HOMIE.read(message)
    // Nearly all readings are longer, and so never pay for the comparisons.
    if (!isJson || message.payload.length > ANNOUNCEMENT_BYTES_MAX) return undefined
    return JSON_ANNOUNCEMENTS.find(({ isTopic }) => isTopic(message.topic))?.read(message)
  }
}
