/** Names of topics as a client may publish them (MQTT 3.1.1, 1.5.3 and 4.7). */
import { TromostError } from '../errors.ts'
import { decodeText, quote } from './packets/text.ts'

/** Wildcards (MQTT-3.3.2-2). */
const FORBIDDEN = /[+#]/

/** Throws PACKET_MALFORMED for what is no name. */
export function readTopicName(bytes: Buffer, packet = 'PUBLISH'): string {
  const name = decodeText(bytes)
  if (name === undefined || name.length === 0 || FORBIDDEN.test(name)) {
    const problem = `expected a topic in UTF-8 without +, # and control characters, got ${quote(bytes.toString('utf8'))}`
    throw new TromostError('PACKET_MALFORMED', `${packet}: ${problem}`)
  }
  return name
}
