/** Names of topics as a client may publish them (MQTT 3.1.1, 1.5.3 and 4.7). */
import { isUtf8 } from 'node:buffer'
import { TromostError } from '../errors.ts'

/** Wildcards (MQTT-3.3.2-2) and NUL (MQTT-1.5.3-2). */
const FORBIDDEN = /[+#\0]/

/** Throws PACKET_MALFORMED for what is no name. */
export function readTopicName(bytes: Buffer): string {
  const name = bytes.toString('utf8')
  if (bytes.length === 0 || !isUtf8(bytes) || FORBIDDEN.test(name)) {
    const problem = `expected a topic in UTF-8 without +, # and NUL, got ${JSON.stringify(name)}`
    throw new TromostError('PACKET_MALFORMED', `PUBLISH: ${problem}`)
  }
  return name
}
