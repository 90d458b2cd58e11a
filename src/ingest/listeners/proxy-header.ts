/** The header of the PROXY protocol (HAProxy, versions 1 and 2), by which a load balancer says whose connection it hands on. */
import { isIP } from 'node:net'

export interface ProxyHeader {
  /** Of the client; absent where the balancer speaks for itself, as when it looks whether we are there. */
  readonly address: string | undefined
  /** Bytes that it takes. */
  readonly length: number
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const TEXT = Buffer.from('PROXY ', 'latin1')
/** The longest line of version 1. */
const LINE_BYTES_MAX = 107
const HEAD_BYTES = 16
/** Addresses and what else version 2 may tell; those of a Unix socket take 216. */
const BODY_BYTES_MAX = 2_048
const [LOCAL, PROXY] = [0x20, 0x21]
/** TCP over IPv4 and IPv6: the family, where its source address ends, and where its ports do. */
const FAMILIES = { 17: [4, 12], 33: [16, 36] } as const

/** Nothing while more bytes are needed. Throws where they are no such header. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (isBegun(bytes, SIGNATURE)) return bytes.length < HEAD_BYTES ? undefined : readBinary(bytes)
  if (isBegun(bytes, TEXT)) return readLine(bytes)
  const begin = bytes.subarray(0, 8).toString('hex')
  throw new Error(`expected a header of the PROXY protocol, got bytes that begin with ${begin}`)
}

/** As far as there are bytes. */
function isBegun(bytes: Buffer, beginning: Buffer): boolean {
  const length = Math.min(bytes.length, beginning.length)
  return bytes.subarray(0, length).equals(beginning.subarray(0, length))
}

function readLine(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.indexOf('\r\n')
  if (end === -1 && bytes.length < LINE_BYTES_MAX) return undefined
  if (end === -1 || end + 2 > LINE_BYTES_MAX)
    throw new Error(`expected a line of at most ${LINE_BYTES_MAX} bytes, got more`)
  const [, family, source = '', ...rest] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { address: undefined, length: end + 2 }
  const version = { TCP4: 4, TCP6: 6 }[family ?? '']
  if (version === undefined || isIP(source) !== version || rest.length !== 3)
    throw new Error('expected TCP4 or TCP6 with two addresses and two ports, got something else')
  return { address: source, length: end + 2 }
}

function readBinary(bytes: Buffer): ProxyHeader | undefined {
  const [command, family, size] = [bytes.readUInt8(12), bytes.readUInt8(13), bytes.readUInt16BE(14)]
  if (command !== LOCAL && command !== PROXY)
    throw new Error(`expected version 2 with LOCAL or PROXY, got 0x${command.toString(16)}`)
  if (size > BODY_BYTES_MAX)
    throw new Error(`expected at most ${BODY_BYTES_MAX} bytes of addresses, got ${size}`)
  const length = HEAD_BYTES + size
  if (bytes.length < length) return undefined
  if (command === LOCAL) return { address: undefined, length }
  if (family !== 0x11 && family !== 0x21)
    throw new Error(`expected a client that came over TCP, got 0x${family.toString(16)}`)
  const [sourceBytes, addressBytes] = FAMILIES[family]
  if (size < addressBytes) throw new Error(`expected ${addressBytes} bytes of addresses, got ${size}`)
  return { address: showAddress(bytes.subarray(HEAD_BYTES, HEAD_BYTES + sourceBytes)), length }
}

function showAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16))
  // In its short form, as the system would show it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
