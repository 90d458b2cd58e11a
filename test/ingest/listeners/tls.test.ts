import { writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { listenerSchema } from '../../../src/config/listener.ts'
import type { MqttLimits } from '../../../src/config/mqtt-limits.ts'
import { readMemoryMiB } from '../../support/memory.ts'
import { until } from '../../support/until.ts'
import { encodeConnect } from '../raw-client.ts'
import { TestClient } from '../test-client.ts'
import { TestIngest } from '../test-ingest.ts'
import { shakeHands, TlsFolder } from './tls-folder.ts'

const KEY = Buffer.alloc(32, 7)
const PSK = { kind: 'psk' as const, identity: 'kranj/lamp-1', key: KEY.toString('hex') }

let files: TlsFolder
let ingest: TestIngest
const sockets: Socket[] = []

async function open(raw: object = {}, limits: Partial<MqttLimits> = {}): Promise<void> {
  const logins = [{ username: 'lamp-1', device: 'lamp-1', getPsks: () => [PSK] }, { username: 'plain' }]
  ingest = await TestIngest.open({ logins, listeners: [files.listener({ kind: 'tls', ...raw })], limits })
}

function getPort(): number {
  return ingest.ingest.listeners[0]?.port ?? 0
}

function connect(options: object = {}): Promise<TestClient> {
  const login = { username: 'plain', password: 'seven-bridges' }
  return TestClient.connect(`mqtts://127.0.0.1:${getPort()}`, { ...login, ...files.trust, ...options })
}

async function connectPlain(): Promise<Socket> {
  const socket = connectTcp(getPort(), '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined).resume()
  await new Promise<void>(resolve => socket.once('connect', () => resolve()))
  return socket
}

function refusals(): readonly string[] {
  return ingest.observed.refusals.map(({ code, detail }) => `${code} ${detail.replace(/^.*?: /, '')}`)
}

beforeEach(() => {
  files = new TlsFolder()
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await ingest.close()
  files.close()
})

describe('TLS', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async version => {
    await open()
    const client = await connect({ minVersion: version, maxVersion: version })
    expect(client.isConnected).toBe(true)
    await client.close()
  })

  test('1.1 is not', async () => {
    await open()
    const old = {
      minVersion: 'TLSv1' as const,
      maxVersion: 'TLSv1.1' as const,
      ciphers: 'DEFAULT@SECLEVEL=0',
    }
    await expect(shakeHands(getPort(), { ...files.trust, ...old })).rejects.toThrow()
    expect(refusals()).toEqual(['HANDSHAKE_FAILED unsupported protocol'])
  })

  test('1.2 is not where 1.3 is asked for', async () => {
    await open({ minVersion: 'TLSv1.3' })
    await expect(shakeHands(getPort(), { ...files.trust, maxVersion: 'TLSv1.2' })).rejects.toThrow()
    await (await connect()).close()
  })

  test('is not negotiated anew', async () => {
    await open()
    const socket = await shakeHands(getPort(), { ...files.trust, maxVersion: 'TLSv1.2' })
    const outcome = await new Promise(resolve => {
      socket.once('close', () => resolve('refused'))
      socket.renegotiate({}, error => resolve(error === null ? 'done' : 'refused'))
    })
    expect(outcome).toBe('refused')
    socket.destroy()
  })

  test('carries WebSockets', async () => {
    await open({ kind: 'wss' })
    const url = `wss://127.0.0.1:${getPort()}`
    const client = await TestClient.connect(url, { username: 'plain', wsOptions: files.trust } as object)
    expect(client.isConnected).toBe(true)
    await client.close()
  })

  test('is begun by a client: plain text is closed with a reason', async () => {
    await open()
    const socket = await connectPlain()
    socket.write(encodeConnect('plain', 'c'))
    await until('it is closed', () => socket.destroyed)
    expect(refusals()).toEqual([
      'HANDSHAKE_FAILED expected TLS, got bytes that begin with 0x10, which is MQTT without TLS',
    ])
  })

  test('that is none behind its first byte is closed with a reason', async () => {
    await open()
    const socket = await connectPlain()
    socket.write(Buffer.from('160301ffffffffffffff', 'hex'))
    await until('it is closed', () => socket.destroyed)
    expect(refusals()).toHaveLength(1)
    expect(refusals()[0]).toMatch(/^HANDSHAKE_FAILED /)
  })
})

describe('handshakes', () => {
  test('that are not finished in time are ended (T18)', async () => {
    await open({}, { connectTimeout: 200 })
    const silent = [await connectPlain(), await connectPlain()]
    silent[1]?.write(Buffer.from('1603010200', 'hex'))
    await until('they are closed', () => silent.every(({ destroyed }) => destroyed))
    expect(refusals()).toEqual([
      'CONNECT_TIMEOUT expected to be through within 200 ms',
      'CONNECT_TIMEOUT expected to be through within 200 ms',
    ])
  })

  test('by the thousand hold nobody up: the oldest makes room (T18)', async () => {
    await open({}, { connections: 10_000, handshakes: 100 })
    const before = readMemoryMiB(process.pid)
    for (let count = 0; count < 2_000; count += 1) {
      const socket = connectTcp(getPort(), '127.0.0.1')
      socket.on('error', () => undefined).resume()
      sockets.push(socket)
      // The beginning of a ClientHello, and never the rest.
      socket.write(Buffer.from('16030102000100', 'hex'))
    }
    await until('most are gone', () => refusals().length === 1_900)
    expect(new Set(refusals())).toEqual(
      new Set(['HANDSHAKE_LIMIT expected at most 100 connections that are not through']),
    )
    const client = await connect()
    expect(client.isConnected).toBe(true)
    expect(readMemoryMiB(process.pid) - before).toBeLessThan(150)
    await client.close()
  })

  test('of those who are through count no more', async () => {
    await open({}, { connectTimeout: 300, handshakes: 1 })
    const clients = [await connect({ clientId: 'a' }), await connect({ clientId: 'b' })]
    const late = await connectPlain()
    await until('the silent one is closed', () => late.destroyed)
    expect(clients.map(({ isConnected }) => isConnected)).toEqual([true, true])
    for (const client of clients) await client.close()
  })
})

describe('a certificate that changes', () => {
  test('is shown to whoever comes then, and nobody is dropped (T102)', async () => {
    await open()
    const client = await connect({ clientId: 'a', username: 'lamp-1' })
    files.renew('agent, renewed')
    for (const listener of ingest.ingest.listeners) listener.look()
    const socket = await shakeHands(getPort(), files.trust)
    expect(socket.getPeerCertificate().subject.CN).toBe('agent, renewed')
    socket.destroy()
    await client.publish('tromost/lamp-1/up', '{}')
    await client.close()
  })

  test('into one whose key is another is told, and the one before is shown', async () => {
    await open()
    writeFileSync(join(files.folder, 'agent.pem'), files.own.issue({ cn: 'half done' }).cert)
    for (const listener of ingest.ingest.listeners) listener.look()
    expect(refusals()[0]).toMatch(
      /^LISTENER_UNTRUSTED keyFile: expected the key of .*agent.pem in .*agent.key/,
    )
    const socket = await shakeHands(getPort(), files.trust)
    expect(socket.getPeerCertificate().subject.CN).toBe('agent')
    socket.destroy()
  })

  test('has to be sound at the start', async () => {
    await open()
    writeFileSync(join(files.folder, 'agent.key'), 'not a key')
    await expect(
      TestIngest.open({ logins: [], listeners: [files.listener({ kind: 'tls' })] }),
    ).rejects.toThrow(/^LISTENER_UNTRUSTED: keyFile: expected the key of .*agent.pem in .*agent.key, got: /)
  })
})

describe('a key that is shared (TLS-PSK)', () => {
  const login = { username: undefined, password: undefined }
  const show = (key = KEY, identity = PSK.identity) => ({ pskCallback: () => ({ psk: key, identity }) })

  function shake(options: ConnectionOptions): Promise<TLSSocket> {
    return shakeHands(getPort(), { ...files.trust, checkServerIdentity: () => undefined, ...options })
  }

  test.each([
    [['psk'], { maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' }],
    [['psk'], { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-PSK-AES128-CBC-SHA256' }],
    [['psk'], { maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-CCM8' }],
    [['psk'], { ciphers: 'PSK' }],
    [['password', 'psk'], { ciphers: 'PSK' }],
    [['password', 'psk'], { minVersion: 'TLSv1.3' }],
  ])('lets its device in: logins %j, %j', async (logins, options) => {
    await open({ logins, ...(logins.length === 1 && { certFile: undefined, keyFile: undefined }) })
    const client = await connect({ ...login, ...show(), ...options, checkServerIdentity: () => undefined })
    await client.publish('tromost/lamp-1/up', '{}')
    expect(ingest.held.messages).toMatchObject([{ tenant: 'kranj', device: 'lamp-1' }])
    await client.close()
  })

  test('is believed against no other user name', async () => {
    await open({ logins: ['psk'] })
    const other = connect({
      ...login,
      username: 'plain',
      ...show(),
      ciphers: 'PSK',
      checkServerIdentity: () => undefined,
    })
    await expect(other).rejects.toMatchObject({ code: 4 })
  })

  test.each([
    ['another key', show(Buffer.alloc(32, 1)), { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }],
    [
      'an unknown identity',
      show(KEY, 'kranj/x'),
      { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
    ],
    ['another key in TLS 1.3', show(Buffer.alloc(32, 1)), { minVersion: 'TLSv1.3' }],
  ] as const)('is not %s', async (_name, key, options) => {
    await open({ logins: ['password', 'psk'] })
    await expect(shake({ ...key, ...options })).rejects.toThrow()
    expect(refusals()[0]).toMatch(/^HANDSHAKE_FAILED /)
  })

  test('that was named, and not used for the handshake, proves nothing', async () => {
    await open({ logins: ['password', 'psk'] })
    // With this suite alone the handshake is made with the certificate, whatever the key.
    const suite = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384' }
    const client = connect({ ...login, ...show(Buffer.alloc(32, 1)), ...suite })
    await expect(client).rejects.toMatchObject({ code: 4 })
    expect(ingest.observed.refusals.map(({ code }) => code)).toEqual(['LOGIN_REFUSED'])
  })

  test('that was named, and not used, proves nothing beside a session from before either', async () => {
    await open({ logins: ['password', 'psk'] })
    const first = await shake({ minVersion: 'TLSv1.3' })
    const sessions: Buffer[] = []
    first.on('session', session => sessions.push(session))
    first.resume()
    await until('there is a session', () => sessions.length > 0)
    const suite = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_256_GCM_SHA384', session: sessions[0] }
    const client = connect({ ...login, ...show(Buffer.alloc(32, 1)), ...suite })
    await expect(client).rejects.toMatchObject({ code: 4 })
    first.destroy()
  })
})

describe('a WebSocket', () => {
  function ask(path: string, protocol = 'mqtt', headers: Record<string, string> = {}): Promise<string> {
    const socket = new WebSocket(`ws://127.0.0.1:${getPort()}${path}`, protocol, { headers })
    return new Promise(resolve => {
      socket.once('open', () => {
        socket.terminate()
        resolve('open')
      })
      socket.once('error', ({ message }) => resolve(message.replace('Unexpected server response: ', '')))
    })
  }

  async function openPlain(raw: object = {}): Promise<void> {
    const listener = listenerSchema.parse({ kind: 'ws', port: 0, ...raw })
    ingest = await TestIngest.open({ logins: [{ username: 'plain' }], listeners: [listener] })
  }

  test('is opened on its path alone', async () => {
    await openPlain({ path: '/mqtt' })
    expect([await ask('/mqtt'), await ask('/mqtt?a=b'), await ask('/'), await ask('/mqtt/')]).toEqual([
      ...['open', 'open', '404', '404'],
    ])
    expect(refusals()).toEqual([
      'WEB_SOCKET_REFUSED expected the path /mqtt, got "/"',
      'WEB_SOCKET_REFUSED expected the path /mqtt, got "/mqtt/"',
    ])
  })

  test('is opened for pages of its origins, and for programs that are no browser', async () => {
    await openPlain({ origins: ['https://map.example.org'] })
    expect(await ask('/', 'mqtt', { Origin: 'https://map.example.org' })).toBe('open')
    expect(await ask('/', 'mqtt', { Origin: 'https://map.example.org.evil.example' })).toBe('403')
    expect(await ask('/')).toBe('open')
  })

  test('is opened for any page where nothing is said, since a page has no login by itself', async () => {
    await openPlain()
    expect(await ask('/', 'mqtt', { Origin: 'https://anywhere.example' })).toBe('open')
  })

  test('is opened for no page where nobody needs a login', async () => {
    await openPlain({ auth: 'none', anonymousAs: 'kranj/plain' })
    expect(await ask('/', 'mqtt', { Origin: 'https://anywhere.example' })).toBe('403')
    expect(await ask('/')).toBe('open')
  })

  test('has to be one of MQTT', async () => {
    await openPlain()
    expect(await ask('/', 'chat')).toBe('400')
    expect(refusals()).toEqual([
      'WEB_SOCKET_REFUSED expected the subprotocol mqtt (MQTT-6.0.0-3), got "chat"',
    ])
  })

  test('that sends text is closed with a reason (MQTT-6.0.0-1)', async () => {
    await openPlain()
    const socket = new WebSocket(`ws://127.0.0.1:${getPort()}`, 'mqtt')
    socket.once('open', () => socket.send('text'))
    await new Promise(resolve => socket.once('close', resolve))
    expect(refusals()).toEqual(['WEB_SOCKET_REFUSED expected binary frames, got one of text'])
  })

  test('that is asked for and never comes is given up in time', async () => {
    await openPlain()
    await ingest.close()
    ingest = await TestIngest.open({
      logins: [],
      listeners: [{ kind: 'ws', host: '127.0.0.1', port: 0 }],
      limits: { connectTimeout: 200 },
    })
    const socket = await connectPlain()
    socket.write('GET / HTTP/1.1\r\n')
    await until('it is closed', () => socket.destroyed)
    expect(refusals()).toEqual(['CONNECT_TIMEOUT expected to be through within 200 ms'])
  })
})

describe('a listener without authentication', () => {
  const anonymous = { kind: 'tcp', port: 0, auth: 'none', anonymousAs: 'kranj/lab' }
  const nobody = { username: undefined, password: undefined }

  async function openTo(...logins: Parameters<typeof TestIngest.open>[0]['logins']): Promise<void> {
    ingest = await TestIngest.open({ logins, listeners: [listenerSchema.parse(anonymous)] })
  }

  test('lets anybody in with the rights of its credential, and no others', async () => {
    await openTo({ username: 'lab', publish: ['lab/#'] })
    const client = await TestClient.connect(`mqtt://127.0.0.1:${getPort()}`, nobody)
    await client.publish('lab/1', '')
    client.send('elsewhere', '')
    await client.closed()
    expect(ingest.held.topics).toEqual(['lab/1'])
  })

  test('takes a user name for what it is: with a wrong password nobody gets in', async () => {
    await openTo({ username: 'lab' }, { username: 'plain' })
    const url = `mqtt://127.0.0.1:${getPort()}`
    await expect(TestClient.connect(url, { username: 'plain', password: 'x' })).rejects.toMatchObject({
      code: 4,
    })
    await expect(TestClient.connect(url, { username: 'lab', password: undefined })).rejects.toMatchObject({
      code: 4,
    })
    await (await TestClient.connect(url, { username: 'plain' })).close()
  })

  test('lets nobody in whose credential is not there', async () => {
    await openTo({ username: 'plain' })
    await expect(TestClient.connect(`mqtt://127.0.0.1:${getPort()}`, nobody)).rejects.toMatchObject({
      code: 4,
    })
  })
})
