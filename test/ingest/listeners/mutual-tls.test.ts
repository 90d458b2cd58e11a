import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Authority } from '../../support/authority.ts'
import { until } from '../../support/until.ts'
import { TestClient } from '../test-client.ts'
import { TestIngest } from '../test-ingest.ts'
import { shakeHands, TlsFolder } from './tls-folder.ts'

const LAMP = { username: 'lamp-1', device: 'lamp-1', certificate: { cn: 'lamp-1.kranj.si' } }
const PUMP = { username: 'pump', publish: ['pump/#'], certificate: { san: 'pump@kranj.si' } }

let files: TlsFolder
let ingest: TestIngest

async function open(raw: object = {}): Promise<void> {
  const { clientCaFile, crlFile } = files
  const listener = files.listener({ kind: 'tls', clientCaFile, crlFile, ...raw })
  ingest = await TestIngest.open({ logins: [LAMP, PUMP, { username: 'plain' }], listeners: [listener] })
}

function connect(tls: object, login: object = {}): Promise<TestClient> {
  const none = { username: undefined, password: undefined }
  return TestClient.connect(`mqtts://127.0.0.1:${ingest.port('tls')}`, { ...none, ...login, ...tls })
}

/** What is in the log of those who were turned away. */
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

describe('a client certificate', () => {
  test('lets a device in by its CN, without user name and password', async () => {
    await open()
    const client = await connect(files.client({ cn: 'lamp-1.kranj.si' }).tls)
    await client.publish('tromost/lamp-1/up', '{}')
    expect(ingest.held.messages).toMatchObject([{ tenant: 'kranj', device: 'lamp-1' }])
    await client.close()
  })

  test('lets a credential in by a subject alternative name', async () => {
    await open()
    const client = await connect(files.client({ cn: 'anything', email: 'pump@kranj.si' }).tls)
    await client.publish('pump/1', '{}')
    expect(ingest.held.topics).toEqual(['pump/1'])
    await client.close()
  })

  test('is believed against no other user name', async () => {
    await open()
    const { tls } = files.client({ cn: 'lamp-1.kranj.si' })
    await (await connect(tls, { username: 'lamp-1' })).close()
    await expect(connect(tls, { username: 'pump' })).rejects.toMatchObject({ code: 4 })
  })

  test('that names nobody lets nobody in, and leaves the password to decide', async () => {
    await open()
    const { tls } = files.client({ cn: 'fleet' })
    await expect(connect(tls)).rejects.toMatchObject({ code: 4 })
    const client = await connect(tls, { username: 'plain', password: 'seven-bridges' })
    expect(client.isConnected).toBe(true)
    await client.close()
  })

  test('and a password have to speak for the same one', async () => {
    await open()
    const { tls } = files.client({ cn: 'lamp-1.kranj.si' })
    const password = 'seven-bridges'
    await (await connect(tls, { username: 'lamp-1', password })).close()
    await expect(connect(tls, { username: 'plain', password })).rejects.toMatchObject({ code: 4 })
    await expect(connect(tls, { username: 'lamp-1', password: 'wrong' })).rejects.toMatchObject({ code: 4 })
  })

  test('is all that counts where it is the only login', async () => {
    await open({ logins: ['certificate'] })
    const login = { username: 'lamp-1', password: 'not looked at' }
    await (await connect(files.client({ cn: 'lamp-1.kranj.si' }).tls, login)).close()
    const other = connect(files.client({ cn: 'fleet' }).tls, { username: 'plain', password: 'seven-bridges' })
    await expect(other).rejects.toMatchObject({ code: 4 })
  })

  test('that is provisioned no more ends the connection', async () => {
    await open()
    const client = await connect(files.client({ cn: 'lamp-1.kranj.si' }).tls)
    ingest.credentials.apply([{ tenant: 'kranj', username: 'lamp-1' }])
    ingest.ingest.recheck({ credentials: new Set(['kranj/lamp-1']), tenants: new Set() })
    await client.closed()
  })

  test.each([
    ['expired', { validForMs: -1_000 }, 'CERT_HAS_EXPIRED'],
    ['other authority', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ])('that is not good is refused, with the reason in the log: %s (T19)', async (name, options, reason) => {
    await open()
    const authority = name === 'other authority' ? new Authority('others') : files.devices
    const { tls } = files.client({ cn: 'lamp-1.kranj.si', ...options }, authority)
    await expect(connect(tls)).rejects.toThrow()
    expect(refusals()).toEqual([
      `CERTIFICATE_REFUSED expected a client certificate that is good, got ${reason}`,
    ])
    expect(ingest.observed.refusals[0]?.detail).toMatch(/^mqtt tls 127.0.0.1:0 from 127.0.0.1: /)
  })

  test.each(['lamp-#', '+', '*.kranj.si', 'lamp-1.kranj.si\n', 'lamp-1\u0000.kranj.si'])(
    'with the CN %j is nobody (T19)',
    async cn => {
      await open()
      await ingest.credentials.apply([
        { tenant: 'kranj', username: 'w', login: { ...toLogin('w'), certificate: { cn } } },
      ])
      await expect(connect(files.client({ cn }).tls)).rejects.toMatchObject({ code: 4 })
    },
  )

  test('with several CNs has none', async () => {
    await open()
    const { tls } = files.client({ cns: ['lamp-1.kranj.si', 'fleet'] })
    await expect(connect(tls)).rejects.toMatchObject({ code: 4 })
  })

  test('is wanted where it is required', async () => {
    await open()
    await expect(connect(files.trust, { username: 'plain', password: 'seven-bridges' })).rejects.toThrow()
    expect(refusals()).toEqual(['CERTIFICATE_REFUSED expected a client certificate, got none'])
  })

  test('may be left out where it is optional, but has to be good', async () => {
    await open({ clientCertificate: 'optional' })
    await (await connect(files.trust, { username: 'plain', password: 'seven-bridges' })).close()
    const { tls } = files.client({ cn: 'lamp-1.kranj.si' }, new Authority('others'))
    await expect(connect(tls, { username: 'plain', password: 'seven-bridges' })).rejects.toThrow()
    expect(refusals()).toHaveLength(1)
  })

  test('of an intermediate authority is as good as its chain', async () => {
    const between = new Authority('between', files.devices)
    const { cert, key } = between.issue({ cn: 'lamp-1.kranj.si' })
    await open({ crlFile: undefined })
    const client = await connect({ ...files.trust, cert: cert + between.cert, key })
    expect(client.isConnected).toBe(true)
    await client.close()
  })
})

describe('a revocation list', () => {
  test('keeps a revoked certificate out, and others not', async () => {
    const revoked = files.client({ cn: 'lamp-1.kranj.si' })
    files.revoke(revoked)
    await open()
    await expect(connect(revoked.tls)).rejects.toThrow()
    expect(refusals()).toEqual([
      'CERTIFICATE_REFUSED expected a client certificate that is good, got CERT_REVOKED',
    ])
    await (await connect(files.client({ cn: 'lamp-1.kranj.si' }).tls)).close()
  })

  test('that changes ends the connections of what is revoked now, and no others (T102)', async () => {
    await open()
    const lamp = files.client({ cn: 'lamp-1.kranj.si' })
    const [revoked, other] = [
      await connect(lamp.tls, { clientId: 'lamp' }),
      await connect(files.client({ cn: 'x', email: 'pump@kranj.si' }).tls, { clientId: 'pump' }),
    ]
    files.revoke(lamp)
    for (const listener of ingest.ingest.listeners) listener.look()
    await revoked.closed()
    expect(refusals()).toEqual(['CERTIFICATE_REFUSED certificate revoked'])
    await expect(connect(lamp.tls)).rejects.toThrow()
    await other.publish('pump/1', '{}')
    await other.close()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'cannot be got round by resuming a session of %s',
    async maxVersion => {
      await open()
      const { tls } = files.client({ cn: 'lamp-1.kranj.si' })
      const first = await shakeHands(ingest.port('tls'), { ...tls, maxVersion })
      const sessions = maxVersion === 'TLSv1.2' ? [first.getSession()] : []
      first.on('session', session => sessions.push(session))
      first.resume()
      await until('there is a session', () => sessions.length > 0)
      const second = await shakeHands(ingest.port('tls'), { ...tls, maxVersion, session: sessions[0] })
      expect(second.isSessionReused()).toBe(false)
      for (const socket of [first, second]) socket.destroy()
    },
  )

  test('that cannot be read leaves the one before in use, and is told', async () => {
    const revoked = files.client({ cn: 'lamp-1.kranj.si' })
    files.revoke(revoked)
    await open()
    writeFileSync(files.crlFile, 'not a list')
    for (const listener of ingest.ingest.listeners) listener.look()
    expect(refusals()).toEqual([
      'LISTENER_UNTRUSTED crlFile: expected PEM that can be used, got: no revocation list (X509 CRL)',
    ])
    await expect(connect(revoked.tls)).rejects.toThrow()
  })

  test('has to be there for each authority', async () => {
    writeFileSync(files.clientCaFile, files.devices.cert + new Authority('others').cert)
    await expect(open()).rejects.toThrow(
      'LISTENER_UNTRUSTED: crlFile: expected a list of each authority in clientCaFile, got none of CN=others',
    )
    writeFileSync(files.clientCaFile, files.devices.cert)
    await open()
  })

  test('and an authority that is trusted no more end connections too', async () => {
    await open()
    const client = await connect(files.client({ cn: 'lamp-1.kranj.si' }).tls)
    const others = new Authority('others')
    writeFileSync(files.clientCaFile, others.cert)
    writeFileSync(files.crlFile, others.list())
    for (const listener of ingest.ingest.listeners) listener.look()
    await client.closed()
    await until('it is told', () => refusals().length > 0)
    expect(refusals()).toEqual(['CERTIFICATE_REFUSED its authority is trusted no more'])
  })
})

function toLogin(username: string) {
  return {
    id: `kranj/${username}`,
    tenant: 'kranj',
    username,
    publish: [],
    subscribe: [],
    getSecrets: () => [],
  }
}
