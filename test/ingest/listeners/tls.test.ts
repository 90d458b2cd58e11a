import { writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { MqttLimits } from '../../../src/config/mqtt-limits.ts'
import { readMemoryMiB } from '../../support/memory.ts'
import { until } from '../../support/until.ts'
import { encodeConnect } from '../raw-client.ts'
import { TestClient } from '../test-client.ts'
import { TestIngest } from '../test-ingest.ts'
import { shakeHands, TlsFolder } from './tls-folder.ts'

let files: TlsFolder
let ingest: TestIngest
const sockets: Socket[] = []

async function open(raw: object = {}, limits: Partial<MqttLimits> = {}): Promise<void> {
  const logins = [{ username: 'lamp-1', device: 'lamp-1' }, { username: 'plain' }]
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
