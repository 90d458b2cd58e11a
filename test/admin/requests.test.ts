import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createLane, TestHttp, TOKEN } from './test-http.ts'

const DISCARD = '/api/v1/quarantine/discard'

let http: TestHttp
let discards: number

beforeEach(async () => {
  discards = 0
  http = await TestHttp.open({
    getLanes: async () => [createLane()],
    discardQuarantine: async () => {
      discards += 1
      return discards
    },
  })
})

afterEach(() => http.close())

test('T46: a body that nests too deeply is refused before anybody walks through it', async () => {
  const nest = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
  expect(await http.post(DISCARD, { ids: nest(63) })).toMatchObject({ body: { code: 'REQUEST_INVALID' } })
  expect(await http.post(DISCARD, { ids: nest(64) })).toMatchObject({
    status: 400,
    body: { code: 'BODY_UNREADABLE', detail: 'expected JSON of at most 64 levels, got more' },
  })
})

describe('what is wrong in a request is told with a pointer to each place', () => {
  test('keys that are not known, of the body', async () => {
    expect(await http.post(DISCARD, { all: true, role: 'admin', 'a/b~č': 1 })).toMatchObject({
      status: 400,
      body: {
        type: 'about:blank',
        code: 'UNKNOWN_KEY',
        detail: 'role: this key is not known; a/b~č: this key is not known',
        errors: [
          { in: 'body', pointer: '#/role', detail: 'this key is not known' },
          { in: 'body', pointer: '#/a~1b~0%C4%8D', detail: 'this key is not known' },
        ],
      },
    })
  })

  test('keys that are not known, of the query, also where there is none to know', async () => {
    for (const path of ['/healthz', '/api/v1/status', '/openapi.json', '/docs', '/metrics']) {
      expect(await http.get(`${path}?tenant=kranj`)).toMatchObject({
        status: 400,
        body: { code: 'UNKNOWN_KEY', errors: [{ in: 'query', pointer: '#/tenant' }] },
      })
    }
  })

  test('values, each of them', async () => {
    expect(await http.post(DISCARD, { ids: ['a', 7], olderThan: 'long' })).toMatchObject({
      status: 400,
      body: {
        code: 'REQUEST_INVALID',
        errors: [
          { in: 'body', pointer: '#/ids/1', detail: 'expected string, got 7' },
          { in: 'body', pointer: '#/olderThan', detail: 'expected a duration such as 12h or 7d, got "long"' },
        ],
      },
    })
  })

  test('a body where none is taken', async () => {
    expect(await http.send('GET', '/api/v1/status')).toMatchObject({ status: 200 })
    expect(await http.send('POST', DISCARD)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', errors: [{ in: 'body', pointer: '#' }] },
    })
  })
})

describe('a body', () => {
  test.each([
    ['is no JSON', '{"all": tru', {}, 400, 'BODY_UNREADABLE'],
    ['is empty', '', {}, 400, 'BODY_UNREADABLE'],
    ['would change what all objects have', '{"__proto__": {"all": true}}', {}, 400, 'BODY_UNREADABLE'],
    [
      'is of another type',
      'all: true',
      { 'Content-Type': 'application/yaml' },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['is text', '{"all": true}', { 'Content-Type': 'text/plain' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['is larger than a mebibyte', `"${'x'.repeat(1_048_575)}"`, {}, 413, 'BODY_TOO_LARGE'],
    [
      'says that it is compressed',
      '{"all": true}',
      { 'Content-Encoding': 'GZip' },
      415,
      'ENCODING_UNSUPPORTED',
    ],
  ])('that %s is refused', async (_case, body, headers, status, code) => {
    const answer = await http.send('POST', DISCARD, { body, headers })
    expect(answer).toMatchObject({ status, body: { status, code, detail: expect.any(String) } })
    expect(discards).toBe(0)
  })

  test('that is compressed is refused before it is unpacked, however small it is', async () => {
    const response = await fetch(`http://127.0.0.1:${http.port}${DISCARD}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${TOKEN}`,
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
      },
      body: gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')),
    })
    expect([response.status, await response.json()]).toMatchObject([415, { code: 'ENCODING_UNSUPPORTED' }])
  })

  test('of a mebibyte is read', async () => {
    const body = `${' '.repeat(1_048_576 - 12)}{"all":true}`
    expect(body).toHaveLength(1_048_576)
    expect(await http.send('POST', DISCARD, { body })).toMatchObject({ status: 200 })
  })
})

test('answers are kept by nobody, and no browser guesses what they are', async () => {
  const { headers } = await http.get('/api/v1/status')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

describe('Idempotency-Key', () => {
  const send = (key: string, body: unknown, path = DISCARD) =>
    http.send('POST', path, { headers: { 'Idempotency-Key': key }, body })

  test('the same request is done once and answered alike', async () => {
    const first = await send('k1', { all: true })
    const second = await send('k1', { all: true })
    expect([first.status, first.body]).toEqual([200, { dryRun: false, messages: 1 }])
    expect([second.status, second.body, second.type]).toEqual([first.status, first.body, first.type])
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
    expect(await send('k2', { all: true })).toMatchObject({ body: { messages: 2 } })
    expect(discards).toBe(2)
  })

  test('an answer that says what is wrong is kept, too', async () => {
    for (const _time of [1, 2]) expect(await send('k1', { ids: [] })).toMatchObject({ status: 400 })
    expect(await send('k1', { all: true })).toMatchObject({ status: 422 })
    expect(discards).toBe(0)
  })

  test.each<[string, unknown, string]>([
    ['another body', { tenant: 'kranj' }, DISCARD],
    ['another route', { all: true }, '/api/v1/quarantine/replay'],
    ['another query', { all: true }, `${DISCARD}?dryRun=true`],
  ])('%s with it is refused', async (_case, body, path) => {
    await send('k1', { all: true })
    expect(await send('k1', body, path)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    })
    expect(discards).toBe(1)
  })

  test('while the first request is under way, others with it are turned away', async () => {
    await http.close()
    let finish = () => {}
    const isHeld = new Promise<void>(resolve => {
      finish = resolve
    })
    let asked = () => {}
    const isAsked = new Promise<void>(resolve => {
      asked = resolve
    })
    http = await TestHttp.open({
      getLanes: async () => [createLane()],
      discardQuarantine: async () => {
        asked()
        await isHeld
        return 7
      },
    })
    const first = send('k1', { all: true })
    await isAsked
    expect(await send('k1', { all: true })).toMatchObject({
      status: 409,
      body: { code: 'IDEMPOTENCY_KEY_BUSY' },
    })
    finish()
    expect(await first).toMatchObject({ status: 200, body: { messages: 7 } })
    expect(await send('k1', { all: true })).toMatchObject({ status: 200, body: { messages: 7 } })
  })

  test('a failure of ours is not kept', async () => {
    await http.close()
    let isBroken = true
    http = await TestHttp.open({
      getLanes: async () => [createLane()],
      discardQuarantine: async () => {
        if (isBroken) throw new Error('out of order')
        return 3
      },
    })
    expect(await send('k1', { all: true })).toMatchObject({ status: 500, body: { code: 'INTERNAL' } })
    isBroken = false
    expect(await send('k1', { all: true })).toMatchObject({ status: 200, body: { messages: 3 } })
  })

  test.each(['with space', 'x'.repeat(256), ''])('%j is no key', async key => {
    expect(await send(key, { all: true })).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'header', pointer: '#/idempotency-key' }] },
    })
  })

  test('nobody gets the answer of another by it', async () => {
    await send('k1', { all: true })
    const answer = await http.send('POST', DISCARD, {
      headers: { Authorization: 'Bearer another', 'Idempotency-Key': 'k1' },
      body: { all: true },
    })
    expect(answer).toMatchObject({ status: 401 })
  })
})
