import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { AlarmEvent, AlarmKind } from '../../src/alarms/alarm.ts'
import { createHeaders, createPostWebhook } from '../../src/alarms/post-webhook.ts'
import { Webhook } from '../../src/alarms/webhook.ts'
import { Webhooks } from '../../src/alarms/webhooks.ts'
import type { WebhookConfig } from '../../src/config/alarms.ts'
import { openTo } from '../../src/egress/egress.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { startServer, type TestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'
import { SILENT } from './test-alarms.ts'

const RETRY = { initial: 5, max: 20 }

let receiver: TestServer
let engine: MemoryEngine
let webhook: Webhook
let status: number
let lines: object[]

beforeEach(async () => {
  status = 204
  lines = []
  engine = new MemoryEngine()
  receiver = await startServer((_asked, response) => response.writeHead(status, { Location: '/other' }).end())
  webhook = await open()
})

afterEach(async () => {
  await webhook.close()
  await receiver.close()
})

function open(change: Partial<WebhookConfig> = {}): Promise<Webhook> {
  const log = { ...SILENT, warn: (fields: object) => lines.push(fields) }
  const config = { url: `${receiver.url}/secret-path`, ...change }
  return Webhook.open({
    webhook: config,
    engine,
    log,
    post: createPostWebhook(openTo(config.url)),
    retry: RETRY,
  })
}

function createEvent(id: number, change: Partial<AlarmEvent['alarm']> = {}, at = Date.now()): AlarmEvent {
  const place = { kind: 'device-silent', tenant: 'kranj', subject: `six-${id}` } as const
  const alarm = { id, ...place, severity: 'warning', message: 'silent', since: at, ...change } as const
  return { state: 'start', alarm, at }
}

async function send(event: AlarmEvent): Promise<void> {
  await engine.commit(webhook.take(event))
  webhook.wake()
}

function getSubjects(): readonly unknown[] {
  return receiver.asked.map(({ body }) => JSON.parse(body).data.subject)
}

async function sent(): Promise<void> {
  await until('nothing waits', () => webhook.report.waiting === 0)
}

test('an event is a POST of JSON with type, time and the alarm', async () => {
  const at = Date.now()
  await send(createEvent(7, {}, at))
  await sent()
  const time = new Date(at).toISOString()
  expect(receiver.asked).toMatchObject([
    { method: 'POST', url: '/secret-path', headers: { 'content-type': 'application/json' } },
  ])
  expect(JSON.parse(receiver.asked[0]?.body ?? '')).toEqual({
    type: 'alarm.start',
    timestamp: time,
    data: {
      ...{ id: 7, kind: 'device-silent', tenant: 'kranj', subject: 'six-7' },
      ...{ severity: 'warning', message: 'silent', since: time },
    },
  })
})

test('a secret signs id, time and body, as the example of Standard Webhooks has it', () => {
  const event = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}', at: 0 }
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  expect(createHeaders({ secret }, event, 1_614_265_330_000)).toMatchObject({
    'Webhook-Id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'Webhook-Timestamp': '1614265330',
    'Webhook-Signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
  expect(createHeaders({}, event, 0)).not.toHaveProperty('Webhook-Signature')
})

test('what is not taken is tried again, with the same id, and before what came later', async () => {
  status = 503
  await send(createEvent(1))
  await send(createEvent(2))
  await until('it was tried three times', () => receiver.asked.length >= 3)
  expect(webhook.report).toMatchObject({ waiting: 2, trouble: 'HTTP 503' })
  expect(new Set(receiver.asked.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  status = 200
  await sent()
  expect(getSubjects().slice(-2)).toEqual(['six-1', 'six-2'])
  expect(webhook.report).toMatchObject({ trouble: undefined, dropped: 0 })
})

test('trouble is told once, with the origin of the address and nothing else of it', async () => {
  status = 500
  await send(createEvent(1))
  await until('it was tried three times', () => receiver.asked.length >= 3)
  expect(lines).toEqual([
    {
      ...{ webhook: receiver.url, trouble: 'HTTP 500' },
      msg: 'the webhook takes nothing; it is tried again',
    },
  ])
})

test('a redirect is not followed', async () => {
  status = 307
  await send(createEvent(1))
  await until('it was tried twice', () => receiver.asked.length >= 2)
  expect(new Set(receiver.asked.map(({ url }) => url))).toEqual(new Set(['/secret-path']))
  expect(webhook.report.trouble).toBe('HTTP 307, and redirects are not followed')
})

test.each([400, 410, 413, 422])(
  'an event that is refused with %i is given up, and the next one sent',
  async code => {
    receiver.answer(({ body }, response) => response.writeHead(body.includes('six-1') ? code : 204).end())
    await send(createEvent(1))
    await send(createEvent(2))
    await sent()
    expect(getSubjects()).toEqual(['six-1', 'six-2'])
    expect(webhook.report.dropped).toBe(1)
  },
)

test.each([401, 403, 404, 429])('an answer %i speaks of us, so that it is tried again', async code => {
  receiver.answer((_asked, response) => response.writeHead(receiver.asked.length < 2 ? code : 204).end())
  await send(createEvent(1))
  await sent()
  expect(getSubjects()).toEqual(['six-1', 'six-1'])
})

test('an answer without end is not read', async () => {
  receiver.answer((_asked, response) => {
    response.writeHead(200)
    const pour = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
    }
    response.on('drain', pour)
    pour()
  })
  await send(createEvent(1))
  await sent()
  expect(webhook.report.trouble).toBeUndefined()
})

test('what waits is sent after a restart, and what was taken is not', async () => {
  await send(createEvent(1))
  await sent()
  status = 503
  await send(createEvent(2))
  await until('it was tried', () => receiver.asked.length >= 2)
  await webhook.close()
  const before = receiver.asked.length
  engine = engine.reopen()
  status = 204
  webhook = await open()
  webhook.wake()
  await sent()
  expect(getSubjects().slice(before)).toEqual(['six-2'])
})

test('the oldest are given up when too many wait, also on disk', async () => {
  status = 503
  for (let id = 1; id <= 5_002; id++) await engine.commit(webhook.take(createEvent(id)))
  expect(webhook.report).toMatchObject({ waiting: 5_000, dropped: 2 })
  const next = await open()
  expect(next.report.waiting).toBe(5_000)
})

test('what is older than a day is given up', async () => {
  await send(createEvent(1, {}, Date.now() - 25 * 3_600_000))
  await send(createEvent(2))
  await sent()
  expect(getSubjects()).toEqual(['six-2'])
  expect(lines).toMatchObject([{ reason: 'it is older than a day' }])
})

describe('a webhook hears', () => {
  const wants = async (change: Partial<WebhookConfig>, kind: AlarmKind, tenant?: string) =>
    (await open(change)).take(createEvent(1, { kind, tenant })).length === 1

  test('of everything but of webhooks that are away', async () => {
    expect(await wants({}, 'disk-full')).toBe(true)
    expect(await wants({}, 'low-battery', 'bled')).toBe(true)
    expect(await wants({}, 'webhook-down')).toBe(false)
  })

  test('of its kinds only, where there are some', async () => {
    expect(await wants({ kinds: ['low-battery'] }, 'low-battery', 'kranj')).toBe(true)
    expect(await wants({ kinds: ['low-battery'] }, 'device-silent', 'kranj')).toBe(false)
  })

  test('of its tenants only, where there are some, and then not of the whole agent', async () => {
    expect(await wants({ tenants: ['kranj'] }, 'device-silent', 'kranj')).toBe(true)
    expect(await wants({ tenants: ['kranj'] }, 'device-silent', 'bled')).toBe(false)
    expect(await wants({ tenants: ['kranj'] }, 'disk-full')).toBe(false)
  })
})

test('what waits for a webhook that is not configured any more is forgotten', async () => {
  await engine.commit(webhook.take(createEvent(1)))
  const kept = await open({ url: `${receiver.url}/kept` })
  await engine.commit(kept.take(createEvent(2)))
  await Webhooks.open([{ url: `${receiver.url}/kept` }], {
    ...{ engine, log: SILENT, post: createPostWebhook(openTo()) },
  })
  const entries = await engine.range('alarms', { within: ['webhook'], from: ['webhook', ''], limit: 9 })
  expect(entries.map(({ value }) => JSON.parse(JSON.parse(value.toString()).body).data.subject)).toEqual([
    'six-2',
  ])
})
