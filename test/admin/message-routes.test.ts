import { afterEach, expect, test } from '@jest/globals'
import type { TailListener } from '../../src/trace/tail-hub.ts'
import { until } from '../support/until.ts'
import { problem, TestHttp } from './test-http.ts'

let http: TestHttp

afterEach(() => http.close())

test('the messages of a device are asked for by tenant, device and number', async () => {
  const asked: object[] = []
  http = await TestHttp.open({
    tenantIds: ['kranj', 'bled'],
    listMessages: async query => {
      asked.push(query)
      return { messages: [], scanned: 3, isComplete: true }
    },
  })
  expect(await http.get('/api/v1/messages?tenant=bled&device=a&limit=5')).toMatchObject({
    status: 200,
    body: { tenant: 'bled', device: 'a', messages: [], scanned: 3, isComplete: true },
  })
  await http.get('/api/v1/messages?tenant=kranj&device=a')
  expect(asked).toEqual([
    { tenant: 'bled', device: 'a', limit: 5 },
    { tenant: 'kranj', device: 'a', limit: 20 },
  ])
})

test('where there is one tenant it need not be named', async () => {
  http = await TestHttp.open({ tenantIds: ['kranj'] })
  expect(await http.get('/api/v1/messages?device=a')).toMatchObject({
    status: 200,
    body: { tenant: 'kranj' },
  })
})

test.each([
  ['/api/v1/messages?tenant=kranj', 'device: expected the id of a device, got nothing'],
  ['/api/v1/messages?tenant=kranj&device=', 'device: expected the id of a device, got ""'],
  ['/api/v1/messages?device=a', 'tenant: expected one of kranj, bled, got nothing'],
  ['/api/v1/messages?device=a&tenant=bohinj', 'tenant: expected one of kranj, bled, got bohinj'],
  ['/api/v1/messages?device=a&tenant=kranj&limit=101', expect.stringMatching(/^limit: /)],
  ['/api/v1/messages/tail?tenant=bohinj', 'tenant: expected one of kranj, bled, got bohinj'],
  ['/api/v1/messages/tail?devise=a', 'devise: this key is not known'],
])('%s is refused with the reason', async (path, detail) => {
  http = await TestHttp.open({ tenantIds: ['kranj', 'bled'] })
  expect(await http.get(path)).toMatchObject(problem(400, detail))
})

test('from elsewhere they ask for the token', async () => {
  http = await TestHttp.open({ tenantIds: ['kranj'] }, '0.0.0.0')
  expect(await http.get('/api/v1/messages?device=a')).toMatchObject({ status: 401 })
  expect(await http.get('/api/v1/messages/tail')).toMatchObject({ status: 401 })
})

test('who listens gets a line of JSON for each, and stops the listening when he leaves', async () => {
  const listeners: TailListener[] = []
  let stopped = 0
  http = await TestHttp.open({
    listenToMessages: async listener => {
      listeners.push(listener)
      return async () => {
        stopped += 1
      }
    },
  })
  const stop = new AbortController()
  const address = `http://127.0.0.1:${http.port}/api/v1/messages/tail?device=a`
  const response = await fetch(address, { signal: stop.signal })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  expect(listeners.map(({ filter }) => filter)).toEqual([{ device: 'a' }])
  const reader = response.body?.getReader()
  listeners[0]?.hear({ dropped: 3 })
  const { value } = (await reader?.read()) ?? {}
  expect(Buffer.from(value ?? []).toString()).toBe('{"dropped":3}\n')
  expect(stopped).toBe(0)
  stop.abort()
  await until('the listening has stopped', () => stopped === 1)
})

test('who does not read is told how many he has missed, once he reads again', async () => {
  const listeners: TailListener[] = []
  http = await TestHttp.open({
    listenToMessages: async listener => {
      listeners.push(listener)
      return async () => {}
    },
  })
  const response = await fetch(`http://127.0.0.1:${http.port}/api/v1/messages/tail`)
  // Far more than sockets and buffers hold.
  const line = { dropped: 1, filler: 'x'.repeat(65_536) }
  for (let count = 0; count < 1_000; count += 1) listeners[0]?.hear(line)
  const reader = response.body?.getReader()
  let text = ''
  let isRead = false
  const reading = (async () => {
    while (!isRead) text += Buffer.from((await reader?.read())?.value ?? []).toString()
  })()
  await until('the missed ones are told', () => {
    listeners[0]?.hear({ dropped: 0 })
    return /\{"dropped":\d+\}\n/.test(text)
  })
  isRead = true
  const lines = text
    .trim()
    .split('\n')
    .map(one => JSON.parse(one))
  const missed = lines.find(({ filler, dropped }) => filler === undefined && dropped > 0)
  expect(lines.filter(({ filler }) => filler !== undefined).length + missed.dropped).toBe(1_000)
  await reader?.cancel().catch(() => undefined)
  await reading
})
