import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createPostWebhook } from '../../src/alarms/post-webhook.ts'
import { type Egress, openTo } from '../../src/egress/egress.ts'
import { createFetch } from '../../src/egress/fetch.ts'
import { getMessage } from '../../src/errors.ts'
import { Access } from '../../src/uplink/access.ts'
import { HttpPost } from '../../src/uplink/http-post.ts'
import { judgeFailure } from '../../src/uplink/postponed.ts'
import { createDestination } from '../support/destination.ts'
import { startServer, type TestServer } from '../support/test-server.ts'

let server: TestServer

beforeEach(async () => {
  server = await startServer((_asked, response) => response.end('{}'))
})

afterEach(() => server.close())

/** The same server by its address, which tells itself where it leads, and by a name, which has to be looked up. */
function listAddresses(): readonly string[] {
  return [server.url, server.url.replace('127.0.0.1', 'localhost')]
}

/** What a request to a destination comes to. */
async function deliver(url: string, auth: object, egress: Egress): Promise<unknown> {
  const destination = createDestination({ url, auth })
  const access = new Access(destination, egress)
  const post = new HttpPost({ destination, access, headers: {} })
  try {
    return await post.request({ method: 'POST', path: '/' }).catch(judgeFailure)
  } finally {
    await post.close()
    access.close()
  }
}

test('a destination where it must not be is not connected to, and somebody has to look', async () => {
  for (const url of listAddresses())
    expect(await deliver(url, { kind: 'none' }, openTo())).toMatchObject({
      kind: 'barred',
      code: 'ADDRESS_CLOSED',
    })
  expect(server.asked).toEqual([])
})

test('a destination that is closed while requests go there gets no more of them', async () => {
  const destination = createDestination({ url: server.url })
  const egress = openTo(server.url)
  const access = new Access(destination, egress)
  const post = new HttpPost({ destination, access, headers: {} })
  const send = () => post.request({ method: 'POST', path: '/' }).then(({ status }) => status, getMessage)
  expect(await send()).toBe(200)
  egress.use({ ...egress.plan, deny: ['127.0.0.1'] })
  expect(await send()).toContain('ADDRESS_CLOSED')
  egress.use({ ...egress.plan, deny: [] })
  expect(await send()).toBe(200)
  await post.close()
  access.close()
})

test('a token server where it must not be is not connected to, though the destination is', async () => {
  for (const tokenUrl of listAddresses()) {
    const auth = { kind: 'oauth2', tokenUrl, clientId: 'a', clientSecret: 'b' }
    const egress = openTo('http://broker.example')
    expect(await deliver('http://broker.example', auth, egress)).toMatchObject({
      kind: 'barred',
      code: 'ADDRESS_CLOSED',
    })
  }
  expect(server.asked).toEqual([])
})

test('a webhook where it must not be is not told', async () => {
  const post = createPostWebhook(openTo())
  for (const url of listAddresses())
    await expect(post({ url }, { id: 'a', body: '{}', at: 0 })).rejects.toThrow('ADDRESS_CLOSED')
  expect(server.asked).toEqual([])
})

test('an issuer where it must not be is not asked', async () => {
  const fetch = createFetch(openTo())
  const options = { headers: new Headers(), signal: AbortSignal.timeout(5_000) }
  for (const url of listAddresses())
    expect(await fetch(url, options).then(() => 'answered', getMessage)).toContain('ADDRESS_CLOSED')
  expect(server.asked).toEqual([])
})
