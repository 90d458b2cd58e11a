/** The first bytes of a connection: a client that speaks something else is told apart before a packet of it is waited for. */
import { CONNECT, toHex } from './kinds.ts'
import { PacketFault, REASONS } from './packet-fault.ts'

const HTTP = /^[A-Z]{3,7} /
/** The first byte of a handshake. */
const TLS = 0x16

export function checkStart(chunk: Buffer): void {
  const head = chunk[0]
  if (head === undefined || head === CONNECT) return
  const start = chunk.toString('latin1', 0, 8)
  const protocol = HTTP.test(start) ? 'HTTP' : head === TLS ? 'TLS' : undefined
  const got = `${toHex(head)}${protocol === undefined ? '' : ` (${protocol})`}`
  const code = protocol === undefined ? 'PACKET_MALFORMED' : 'NOT_MQTT'
  throw new PacketFault(`expected CONNECT first, got what begins with ${got}`, REASONS.protocolError, code)
}
