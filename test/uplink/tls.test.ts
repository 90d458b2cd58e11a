import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerOptions } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openTo } from '../../src/egress/egress.ts'
import { Access } from '../../src/uplink/access.ts'
import { type HttpAnswer, HttpPost } from '../../src/uplink/http-post.ts'
import { judgeFailure } from '../../src/uplink/postponed.ts'
import { readTlsFiles, TlsFiles } from '../../src/uplink/tls-files.ts'
import { createDestination } from '../support/destination.ts'
import { getServerTls, getTlsFile, startServer, type TestServer } from '../support/test-server.ts'

const CA = getTlsFile('ca.pem')
const CLIENT = { certFile: getTlsFile('client.pem'), keyFile: getTlsFile('client.key') }
const OWN_CA = { tls: { caFile: CA } }

const opened: (() => Promise<void>)[] = []
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tromost-tls-'))
})

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true })
})

async function open(tls: ServerOptions, host?: string): Promise<TestServer> {
  const server = await startServer((_asked, response) => response.writeHead(204).end(), tls, host)
  opened.push(server.close)
  return server
}

function createPost(settings: object, access?: Access): HttpPost {
  const post = new HttpPost({ destination: createDestination(settings), access, headers: {} })
  opened.push(() => post.close())
  return post
}

function send(post: HttpPost): Promise<HttpAnswer> {
  return post.request({ method: 'POST', path: '/', body: Buffer.from('[]') })
}

async function judge(settings: object) {
  const verdict = await send(createPost(settings)).catch(judgeFailure)
  return 'kind' in verdict && verdict.kind === 'barred' ? [verdict.code, verdict.detail] : verdict
}

describe('a broker over https', () => {
  test('is trusted when our own authority vouches for it', async () => {
    const { url } = await open(getServerTls())
    expect(await send(createPost({ url, ...OWN_CA }))).toEqual({ status: 204, body: '' })
  })

  test('T79: of an unknown authority is not, and nothing is sent', async () => {
    const broker = await open(getServerTls())
    expect(await judge({ url: broker.url, auth: { kind: 'bearer', token: 'x' } })).toEqual([
      'DESTINATION_UNTRUSTED',
      expect.stringContaining('self-signed certificate in certificate chain'),
    ])
    expect(broker.asked).toEqual([])
  })

  test('T79: whose certificate has expired is not', async () => {
    const { url } = await open(getServerTls('expired'))
    expect(await judge({ url, ...OWN_CA })).toEqual([
      'DESTINATION_UNTRUSTED',
      expect.stringContaining('certificate has expired'),
    ])
  })

  test('T79: whose certificate is for another host is not', async () => {
    const { port } = await open(getServerTls(), '127.0.0.2')
    expect(await judge({ url: `https://127.0.0.2:${port}`, ...OWN_CA })).toEqual([
      'DESTINATION_UNTRUSTED',
      expect.stringContaining("IP: 127.0.0.2 is not in the cert's list: 127.0.0.1"),
    ])
  })

  test('T79: that speaks TLS 1.1 at most is not', async () => {
    const { url } = await open({
      ...getServerTls(),
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    expect([await judge({ url, ...OWN_CA })].flat()[0]).toBe('DESTINATION_UNTRUSTED')
  })

  test('T79: that speaks plain HTTP is not, and there is no falling back to it', async () => {
    const plain = await startServer((_asked, response) => response.end())
    opened.push(plain.close)
    const url = plain.url.replace('http:', 'https:')
    expect([await judge({ url, ...OWN_CA })].flat()[0]).toBe('DESTINATION_UNTRUSTED')
    expect(plain.asked).toEqual([])
  })

  test('that takes the connection and never shakes hands is given up', async () => {
    const silent = createServer(socket => socket.on('error', () => {}))
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    opened.push(async () => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const timeouts = { connect: '100ms', headers: '5s', body: '5s' }
    expect(await judge({ url: `https://127.0.0.1:${port}`, ...OWN_CA, timeouts })).toMatchObject({
      kind: 'later',
      detail: expect.stringContaining('Connect Timeout Error'),
    })
  })

  test('is taken as it is where that was asked for', async () => {
    const { url } = await open(getServerTls('expired'))
    expect((await send(createPost({ url, tls: { rejectUnauthorized: false } }))).status).toBe(204)
  })

  test('is shown our certificate', async () => {
    const { url } = await open({ ...getServerTls(), requestCert: true, rejectUnauthorized: true })
    const tls = { caFile: CA, ...CLIENT }
    expect((await send(createPost({ url, auth: { kind: 'mtls' }, tls }))).status).toBe(204)
  })
})

describe('a token server over https', () => {
  test('is trusted when our own authority vouches for it, and not otherwise', async () => {
    const tokens = await open(getServerTls())
    tokens.answer((_asked, response) => response.end('{"access_token":"t"}'))
    const broker = await open(getServerTls())
    const auth = { kind: 'oauth2', tokenUrl: tokens.url, clientId: 'a', clientSecret: 'b' }
    expect((await send(createPost({ url: broker.url, auth, ...OWN_CA }))).status).toBe(204)
    expect(broker.asked[0]?.headers.authorization).toBe('Bearer t')
    expect(await judge({ url: broker.url, auth })).toEqual([
      'DESTINATION_UNTRUSTED',
      `token server ${tokens.url}: self-signed certificate in certificate chain`,
    ])
  })
})

describe('files of certificates', () => {
  test.each([
    [
      'that is not there',
      { caFile: 'nowhere.pem' },
      /^tls\.caFile: expected a file that can be read, got: .*ENOENT/,
    ],
    ['that is none', { caFile: 'package.json' }, /^tls: expected certificates .* in package\.json, got: /],
    [
      'whose key is of another one',
      { certFile: CLIENT.certFile, keyFile: getTlsFile('broker.key') },
      /client\.pem, .*broker\.key, got: .*key values mismatch/,
    ],
  ])('one %s is a fault that names it', (_case, files, problem) => {
    expect(() => readTlsFiles({ rejectUnauthorized: true, ...files })).toThrow(
      expect.objectContaining({ code: 'DESTINATION_UNTRUSTED', detail: expect.stringMatching(problem) }),
    )
  })

  test('that cannot be used keep readings waiting with an alarm', async () => {
    const { url } = await open(getServerTls())
    expect([await judge({ url, tls: { caFile: 'nowhere.pem' } })].flat()[0]).toBe('DESTINATION_UNTRUSTED')
  })

  test('are read again when they change, and requests go on over new connections', async () => {
    const caFile = join(folder, 'ca.pem')
    copyFileSync(getTlsFile('client.pem'), caFile)
    const { url, asked } = await open(getServerTls())
    const destination = createDestination({ url, tls: { caFile } })
    const changes: string[] = []
    const access = new Access(destination, openTo(url), {
      onChange: () => changes.push('changed'),
      onFault: fault => changes.push(fault),
    })
    opened.push(async () => access.close())
    const post = createPost({ url, tls: { caFile } }, access)
    await expect(send(post)).rejects.toThrow('self-signed certificate')
    copyFileSync(CA, caFile)
    access.look()
    expect(changes).toEqual(['changed'])
    expect((await send(post)).status).toBe(204)
    expect(asked).toHaveLength(1)
  })

  test('that change into what cannot be used are told once, and those before stay in use', () => {
    const caFile = join(folder, 'ca.pem')
    copyFileSync(CA, caFile)
    const faults: string[] = []
    const files = new TlsFiles(
      { caFile, rejectUnauthorized: true },
      { onChange: () => {}, onFault: fault => faults.push(fault) },
    )
    opened.push(async () => files.close())
    const before = files.material
    writeFileSync(caFile, 'half a cert')
    files.look()
    files.look()
    expect(faults).toEqual([expect.stringMatching(/^DESTINATION_UNTRUSTED: tls: expected certificates/)])
    expect(files.material).toBe(before)
  })
})
