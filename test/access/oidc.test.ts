import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { Oidc } from '../../src/access/oidc.ts'
import { oidcSchema } from '../../src/config/oidc.ts'
import { openTo } from '../../src/egress/egress.ts'
import { createFetch } from '../../src/egress/fetch.ts'
import { startServer, type TestServer } from '../support/test-server.ts'
import { TestAccess } from './test-access.ts'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

const HOUR = 3_600
/** Keys of RSA take long to make. */
const FIRST_KEY = await generateKeyPair('RS256', { extractable: true })
const FORGED_KEY = await generateKeyPair('RS256', { extractable: true })

/** An issuer on a port of its own: discovery, keys, and tokens that it signs. */
class Issuer {
  readonly keys = new Map<string, KeyPair>()
  readonly server: TestServer
  change: Readonly<Record<string, unknown>> = {}

  private constructor(server: TestServer) {
    this.server = server
  }

  static async start(): Promise<Issuer> {
    const server = await startServer((_asked, response) => response.writeHead(503).end())
    const issuer = new Issuer(server)
    issuer.keys.set('one', FIRST_KEY)
    issuer.answer()
    return issuer
  }

  get url(): string {
    return `${this.server.url}/realms/kranj`
  }

  async addKey(id: string, algorithm: string): Promise<void> {
    this.keys.set(id, await generateKeyPair(algorithm, { extractable: true }))
  }

  answer(): void {
    this.server.answer(({ url }, response) => {
      if (url === '/realms/kranj/.well-known/openid-configuration')
        response.end(
          JSON.stringify({ issuer: this.url, jwks_uri: `${this.server.url}/keys`, ...this.change }),
        )
      else if (url === '/keys') void this.#listKeys().then(keys => response.end(JSON.stringify({ keys })))
      else response.writeHead(404).end()
    })
  }

  async sign(
    claims: Readonly<Record<string, unknown>> = {},
    { id = 'one', algorithm = 'RS256' } = {},
  ): Promise<string> {
    const key = this.keys.get(id)
    if (key === undefined) throw new Error(`expected a key ${id}`)
    const now = Math.floor(own.now / 1_000)
    const usual = { iss: this.url, aud: 'tromost', iat: now, exp: now + HOUR, sub: 'f81d4fae' }
    return new SignJWT({ ...usual, preferred_username: 'ana', groups: ['environment'], ...claims })
      .setProtectedHeader({ alg: algorithm, kid: id })
      .sign(key.privateKey)
  }

  async #listKeys() {
    const exported = [...this.keys].map(async ([kid, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid,
    }))
    return Promise.all(exported)
  }
}

let issuer: Issuer
let own: TestAccess

beforeEach(async () => {
  own = await TestAccess.open()
  // The keys are kept by the clock of the machine.
  own.now = Date.now()
  issuer = await Issuer.start()
})

afterEach(async () => {
  own.close()
  await issuer.server.close()
})

async function open(change: Readonly<Record<string, unknown>> = {}): Promise<Oidc> {
  const config = oidcSchema.parse({
    issuer: issuer.url,
    audience: 'tromost',
    roles: [{ group: 'environment', role: 'operator', tenant: 'kranj' }],
    ...change,
  })
  const oidc = new Oidc(config, createFetch(openTo(issuer.url)), () => own.now)
  await own.restart(oidc)
  return oidc
}

async function identify(token: string, tenant?: string) {
  return own.access.identify({ authorization: `Bearer ${token}`, from: '192.0.2.7', tenant })
}

test('a token of the issuer is its person, with the role and tenant of the group', async () => {
  await open()
  expect(await identify(await issuer.sign())).toEqual({
    kind: 'actor',
    actor: { name: 'user:ana (f81d4fae)', role: 'operator', tenant: 'kranj', from: '192.0.2.7' },
  })
})

test.each(['ES256', 'EdDSA'])('a token signed with %s is taken', async algorithm => {
  await open()
  await issuer.addKey('two', algorithm)
  expect(await identify(await issuer.sign({}, { id: 'two', algorithm }))).toMatchObject({ kind: 'actor' })
})

test('the keys are asked for once, and again for a key that is not known yet', async () => {
  await open()
  for (let at = 0; at < 5; at += 1) await identify(await issuer.sign())
  expect(issuer.server.asked.map(({ url }) => url)).toEqual([
    '/realms/kranj/.well-known/openid-configuration',
    '/keys',
  ])
})

describe('who is refused', () => {
  const reasons = () => own.logs.map(line => (line as { reason?: string }).reason)

  test.each([
    ['a token for another audience', { aud: 'grafana' }, /"aud"/],
    ['a token of another issuer', { iss: 'https://evil.example' }, /"iss"/],
    ['a token without an end', { exp: undefined }, /"exp"/],
    ['a token that is not good yet', { nbf: 4_000_000_000 }, /"nbf"/],
    ['a token that has expired', { exp: 1_600_000_000 }, /"exp"/],
  ])('%s', async (_case, claims, reason) => {
    await open()
    const token = await issuer.sign(claims)
    expect(await identify(token)).toMatchObject({ kind: 'refused', detail: expect.stringMatching(reason) })
    expect(reasons()).toEqual([expect.stringMatching(reason)])
    expect(JSON.stringify(own.logs)).not.toContain(token.slice(-40))
  })

  test('a token of somebody else’s key', async () => {
    await open()
    issuer.keys.set('forged', FORGED_KEY)
    const token = await issuer.sign({}, { id: 'forged' })
    issuer.keys.delete('forged')
    expect(await identify(token)).toMatchObject({ kind: 'refused' })
    expect(reasons()).toEqual(['it is not signed with a key of the issuer'])
  })

  test('a token with the name of a key of the issuer and another signature', async () => {
    await open()
    const now = Math.floor(own.now / 1_000)
    const token = await new SignJWT({ iss: issuer.url, aud: 'tromost', exp: now + HOUR })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .sign(FORGED_KEY.privateKey)
    expect(await identify(token)).toMatchObject({ kind: 'refused' })
    expect(reasons()).toEqual(['signature verification failed'])
  })

  test('a token that is signed with a shared secret, or not at all', async () => {
    await open()
    const now = Math.floor(own.now / 1_000)
    const claims = { iss: issuer.url, aud: 'tromost', exp: now + HOUR, groups: ['environment'] }
    const jwk = JSON.stringify(await exportJWK((issuer.keys.get('one') as KeyPair).publicKey))
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(new TextEncoder().encode(jwk))
    expect(await identify(shared)).toMatchObject({ kind: 'refused' })
    expect(await identify(new UnsecuredJWT(claims).encode())).toMatchObject({ kind: 'refused' })
    expect(reasons()).toEqual(Array(2).fill('"alg" (Algorithm) Header Parameter value not allowed'))
  })

  test('somebody in no group that has a role, who is known all the same', async () => {
    await open()
    expect(await identify(await issuer.sign({ groups: ['finance'] }))).toEqual({
      kind: 'forbidden',
      detail: 'none of the groups of the token has a role here',
    })
  })

  test('who guesses is locked, and who comes with an old token is not', async () => {
    await open()
    const old = await issuer.sign({ exp: Math.floor(own.now / 1_000) - HOUR })
    for (let at = 0; at < 12; at += 1) expect(await identify(old)).toMatchObject({ kind: 'refused' })
    for (let at = 0; at < 10; at += 1) await identify('aaaa.bbbb.cccc')
    expect(await identify(await issuer.sign())).toMatchObject({ kind: 'locked' })
  })
})

describe('clocks', () => {
  test('may be apart by the tolerance', async () => {
    await open({ clockTolerance: '30s' })
    const token = await issuer.sign({ exp: Math.floor(own.now / 1_000) })
    own.now += 29_000
    expect(await identify(token)).toMatchObject({ kind: 'actor' })
    own.now += 2_000
    expect(await identify(token)).toMatchObject({ kind: 'refused' })
  })
})

describe('groups', () => {
  const roles = [
    { group: 'kranj-env', role: 'operator', tenant: 'kranj' },
    { group: 'bled-env', role: 'viewer', tenant: 'bled' },
    { group: 'admins', role: 'admin' },
  ]

  test.each([
    ['in the order of the configuration', ['bled-env', 'kranj-env'], undefined, 'operator', 'kranj'],
    ['by the tenant that is named', ['bled-env', 'kranj-env'], 'bled', 'viewer', 'bled'],
    ['of the whole agent whatever is named', ['bled-env', 'admins'], 'bled', 'admin', undefined],
    ['as one text with spaces', 'finance bled-env', undefined, 'viewer', 'bled'],
  ])('%s', async (_case, groups, tenant, role, own_) => {
    await open({ roles })
    const verdict = await identify(await issuer.sign({ groups }), tenant)
    const actor = verdict.kind === 'actor' ? verdict.actor : undefined
    expect([actor?.role, actor?.tenant]).toEqual([role, own_])
  })

  test('a tenant that somebody has no role in is not theirs by naming it', async () => {
    await open({ roles })
    expect(await identify(await issuer.sign({ groups: ['bled-env'] }), 'kranj')).toMatchObject({
      kind: 'forbidden',
    })
  })

  test.each([
    ['rolesClaim', 'realm_access.roles', { realm_access: { roles: ['kranj-env'] } }],
    ['groupsClaim', 'https://city.example/groups', { 'https://city.example/groups': ['kranj-env'] }],
  ])('are found by %s: %s', async (key, path, claims) => {
    await open({ roles, [key]: path })
    expect(await identify(await issuer.sign(claims))).toMatchObject({ actor: { role: 'operator' } })
  })

  test('are none where the claim has another form', async () => {
    await open({ roles })
    for (const groups of [undefined, 5, { a: 'admins' }, [['admins']], '']) {
      expect(await identify(await issuer.sign({ groups }))).toMatchObject({ kind: 'forbidden' })
    }
  })
})

describe('an issuer', () => {
  test('that is down is told, and asked again a while later', async () => {
    issuer.server.answer((_asked, response) => response.writeHead(503).end())
    const oidc = await open()
    expect(await oidc.prepare()).toBe('its discovery answered 503')
    expect(await identify(await issuer.sign())).toMatchObject({ kind: 'unavailable' })
    issuer.answer()
    expect(await identify(await issuer.sign())).toMatchObject({ kind: 'unavailable' })
    own.now += 5_000
    expect(await identify(await issuer.sign())).toMatchObject({ kind: 'actor' })
  })

  test.each([
    [
      'whose answer has no end is not listened to',
      (response: ServerResponse) => sendWithoutEnd(response),
      'max size',
    ],
    [
      'that sends us elsewhere is not followed',
      (response: ServerResponse) => response.writeHead(302, { location: '/keys' }).end(),
      'its discovery answered 302',
    ],
  ])('%s', async (_case, answer, words) => {
    const asked: string[] = []
    issuer.server.answer(({ url }, response) => {
      asked.push(String(url))
      answer(response)
    })
    expect(await (await open()).prepare()).toMatch(words)
    expect(asked).toEqual(['/realms/kranj/.well-known/openid-configuration'])
  })

  test('whose discovery names keys of the inside is not asked for them', async () => {
    issuer.change = { jwks_uri: 'http://127.0.0.1:1/keys' }
    await open()
    expect(await identify(await issuer.sign())).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringContaining('ADDRESS_CLOSED'),
    })
  })

  test('that is down keeps nobody with a token of ours out', async () => {
    await issuer.server.close()
    await open()
    const { secret } = await own.create({ name: 'grafana', role: 'viewer' })
    expect(await own.ask(secret)).toBe('token:grafana viewer')
    expect(await identify(await issuer.sign())).toMatchObject({
      kind: 'unavailable',
      detail: expect.stringMatching(/ECONNREFUSED/),
    })
  })

  test('that goes down later keeps nobody out: its keys are known', async () => {
    await open()
    await identify(await issuer.sign())
    await issuer.server.close()
    expect(await identify(await issuer.sign())).toMatchObject({ kind: 'actor' })
  })

  test('whose discovery names another issuer is not believed', async () => {
    issuer.change = { issuer: 'https://evil.example' }
    const oidc = await open()
    expect(await oidc.prepare()).toMatch(/^expected the issuer http:.*, got https:\/\/evil\.example in its/)
  })

  test('that sends us elsewhere is not followed', async () => {
    issuer.server.answer((_asked, response) => response.writeHead(302, { location: '/other' }).end())
    expect(await (await open()).prepare()).toMatch(/^its discovery answered/)
    expect(issuer.server.asked).toHaveLength(1)
  })
})

/** JSON that goes on as long as anybody reads. */
function sendWithoutEnd(response: ServerResponse): void {
  const part = '['.repeat(65_536)
  const write = () => {
    while (response.write(part));
  }
  response.on('drain', write)
  write()
}
