import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { until } from '../../support/until.ts'
import { TestClient } from '../test-client.ts'
import { TestIngest } from '../test-ingest.ts'
import { shakeHands, TlsFolder } from './tls-folder.ts'

const KEY = Buffer.alloc(32, 7)
const PSK = { kind: 'psk' as const, identity: 'kranj/lamp-1', key: KEY.toString('hex') }

let files: TlsFolder
let ingest: TestIngest

async function open(raw: object): Promise<void> {
  const logins = [{ username: 'lamp-1', device: 'lamp-1', getPsks: () => [PSK] }, { username: 'plain' }]
  ingest = await TestIngest.open({ logins, listeners: [files.listener({ kind: 'tls', ...raw })] })
}

function connect(options: object): Promise<TestClient> {
  const url = `mqtts://127.0.0.1:${ingest.port('tls')}`
  return TestClient.connect(url, { username: undefined, password: undefined, ...files.trust, ...options })
}

function refusals(): readonly string[] {
  return ingest.observed.refusals.map(({ code, detail }) => `${code} ${detail.replace(/^.*?: /, '')}`)
}

beforeEach(() => {
  files = new TlsFolder()
})

afterEach(async () => {
  await ingest.close()
  files.close()
})

describe('a key that is shared (TLS-PSK)', () => {
  const show = (key = KEY, identity = PSK.identity) => ({ pskCallback: () => ({ psk: key, identity }) })

  function shake(options: ConnectionOptions): Promise<TLSSocket> {
    return shakeHands(ingest.port('tls'), {
      ...files.trust,
      checkServerIdentity: () => undefined,
      ...options,
    })
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
    const client = await connect({ ...show(), ...options, checkServerIdentity: () => undefined })
    await client.publish('tromost/lamp-1/up', '{}')
    expect(ingest.held.messages).toMatchObject([{ tenant: 'kranj', device: 'lamp-1' }])
    await client.close()
  })

  test('is believed against no other user name', async () => {
    await open({ logins: ['psk'] })
    const other = connect({
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
    const client = connect({ ...show(Buffer.alloc(32, 1)), ...suite })
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
    const client = connect({ ...show(Buffer.alloc(32, 1)), ...suite })
    await expect(client).rejects.toMatchObject({ code: 4 })
    first.destroy()
  })
})
