import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listenerSchema } from '../../../src/config/listener.ts'
import { until } from '../../support/until.ts'
import { encodeConnect } from '../raw-client.ts'
import { TestIngest } from '../test-ingest.ts'
import { TlsFolder } from './tls-folder.ts'

const LINE = 'PROXY TCP4 192.0.2.7 10.0.0.5 56324 1883\r\n'

let files: TlsFolder
let ingest: TestIngest
const sockets: Socket[] = []

async function open(raw: object): Promise<void> {
  const listener = listenerSchema.parse({ port: 0, proxyProtocol: { from: ['127.0.0.1'] }, ...raw })
  ingest = await TestIngest.open({
    logins: [{ username: 'lamp-1' }],
    listeners: [listener],
    limits: { connectTimeout: 500 },
  })
}

/** What comes back; it ends with the connection. */
function send(...parts: readonly (string | Buffer)[]) {
  const socket = connect(ingest.ingest.listeners[0]?.port ?? 0, '127.0.0.1')
  sockets.push(socket)
  const got = { bytes: Buffer.alloc(0), isClosed: false }
  socket.on('data', data => {
    got.bytes = Buffer.concat([got.bytes, data])
  })
  socket.on('close', () => {
    got.isClosed = true
  })
  socket.on('error', () => undefined)
  socket.setNoDelay(true)
  for (const part of parts) socket.write(part)
  return got
}

function details(): readonly string[] {
  return ingest.observed.refusals.map(
    ({ code, detail }) => `${code} ${detail.replace(/^mqtt \w+ [^ ]+ /, '')}`,
  )
}

beforeEach(() => {
  files = new TlsFolder()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await ingest.close()
  files.close()
})

describe('behind a load balancer', () => {
  test('a client is known by its own address', async () => {
    await open({ kind: 'tcp' })
    const got = send(LINE, encodeConnect('stranger', 'c'))
    await until('it is refused', () => got.isClosed)
    expect(details()).toEqual(['LOGIN_REFUSED client c at 192.0.2.7: user name stranger'])
  })

  test('what comes in the packet of the header is not lost, nor what comes in pieces', async () => {
    await open({ kind: 'tcp' })
    const whole = Buffer.concat([Buffer.from(LINE), encodeConnect('lamp-1', 'c')])
    const got = send(whole)
    const inPieces = send(...Array.from(whole, byte => Buffer.from([byte])))
    await until('both are in', () => got.bytes.length === 4 && inPieces.bytes.length === 4)
    expect([got.bytes[3], inPieces.bytes[3]]).toEqual([0, 0])
  })

  test('TLS begins after the header', async () => {
    const { certFile, keyFile } = files.renew()
    await open({ kind: 'tls', certFile, keyFile })
    const raw = connect(ingest.port('tls'), '127.0.0.1')
    raw.write(LINE)
    const secure = connectTls({ socket: raw, ...files.trust })
    secure.write(encodeConnect('stranger', 'c'))
    secure.on('error', () => undefined)
    await until('it is refused', () => details().length > 0)
    expect(details()).toEqual(['LOGIN_REFUSED client c at 192.0.2.7: user name stranger'])
    raw.destroy()
  })

  test('a WebSocket is asked for after the header', async () => {
    await open({ kind: 'ws' })
    const request = [
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
    ].join('')
    const got = send(LINE + request)
    await until('there is an answer', () => got.bytes.length > 0)
    expect(got.bytes.toString('latin1')).toContain('101 Switching Protocols')
  })

  test('who is no load balancer is not let in, and nobody believes what he says', async () => {
    await open({ kind: 'tcp', proxyProtocol: { from: ['10.0.0.0/24', '::1'] } })
    const got = send(LINE, encodeConnect('lamp-1', 'c'))
    await until('it is closed', () => got.isClosed)
    expect(details()).toEqual(['PROXY_REFUSED from 127.0.0.1: expected an address of proxyProtocol.from'])
  })

  test('what begins without a header is closed', async () => {
    await open({ kind: 'tcp' })
    const got = send(encodeConnect('lamp-1', 'c'))
    await until('it is closed', () => got.isClosed)
    expect(details()).toEqual([
      'PROXY_REFUSED from 127.0.0.1: expected a header of the PROXY protocol, got bytes that begin with 102400044d515454',
    ])
  })

  test('what never says it all is closed in time', async () => {
    await open({ kind: 'tcp' })
    const got = send('PROXY TCP4')
    await until('it is closed', () => got.isClosed)
    expect(details()).toEqual(['CONNECT_TIMEOUT from 127.0.0.1: expected to be through within 500 ms'])
  })
})
