/** Where an address leads: host and port in one spelling. */
import { isIP } from 'node:net'

export interface Place {
  /** Lower case, without brackets and without the dot at the end of a name. */
  readonly host: string
  readonly port: number
  /** An address of IP, not a name. */
  readonly isLiteral: boolean
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'mqtt:': 1883, 'mqtts:': 8883 }

/** Of an http, https, mqtt or mqtts address. Of the first two numbers of all kinds are read as the addresses that they are. */
export function toPlace(address: string): Place {
  const { protocol, hostname, port } = new URL(address)
  const host = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
  return { host, port: port === '' ? (PORTS[protocol] ?? 0) : Number(port), isLiteral: isIP(host) !== 0 }
}
