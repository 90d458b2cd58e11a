import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { HttpAnswer } from '../../src/uplink/http-post.ts'
import { TemporalUplink } from '../../src/uplink/temporal.ts'
import { createEntity } from '../support/entities.ts'
import { until } from '../support/until.ts'

const CONTEXT = 'https://example.org/context.jsonld'

/** What the broker answers next; the last answer stays. Undefined breaks the connection. */
let answers: (HttpAnswer | undefined)[]
let bodies: string[]
let contexts: (string | undefined)[]
let outcomes: string[]
let unsupported: string[]
let uplink: TemporalUplink
let inFlight: number
let inFlightMost: number

beforeEach(() => {
  answers = [{ status: 204, body: '' }]
  bodies = []
  contexts = []
  outcomes = []
  unsupported = []
  inFlight = 0
  inFlightMost = 0
  uplink = new TemporalUplink({
    post: async (body, context) => {
      bodies.push(body.toString())
      contexts.push(context)
      inFlight += 1
      inFlightMost = Math.max(inFlightMost, inFlight)
      await new Promise(setImmediate)
      inFlight -= 1
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer === undefined) throw new Error('socket hang up')
      return answer
    },
    concurrency: 2,
    retry: { initial: 1, max: 1 },
    onUnsupported: detail => unsupported.push(detail),
    close: async () => {},
  })
})

afterEach(() => uplink.close())

function send(id: string): void {
  uplink.send(createEntity(id, { temperature: 21, humidity: 0.5 }, CONTEXT), outcome => {
    outcomes.push(outcome.kind === 'quarantined' ? `${outcome.code} ${outcome.detail}` : outcome.kind)
  })
}

async function settled(count: number): Promise<void> {
  await until(`${count} are settled`, () => outcomes.length === count)
}

test('an entity goes with a list of instances for each attribute, under its @context', async () => {
  send('a')
  await settled(1)
  const observedAt = '2026-01-15T09:00:00.000Z'
  expect(bodies.map(body => JSON.parse(body))).toEqual([
    {
      id: 'a',
      type: 'WeatherObserved',
      temperature: [{ type: 'Property', value: 21, observedAt }],
      humidity: [{ type: 'Property', value: 0.5, observedAt }],
    },
  ])
  expect([contexts, outcomes]).toEqual([[CONTEXT], ['delivered']])
})

test('no more requests than allowed are under way', async () => {
  for (let id = 0; id < 10; id++) send(`${id}`)
  await settled(10)
  expect(inFlightMost).toBe(2)
})

test.each([
  ['500', { status: 500, body: '' }],
  ['401', { status: 401, body: '' }],
  ['429', { status: 429, body: '', retryAfterMs: 1 }],
  [
    '404 of a tenant that is not there yet',
    { status: 404, body: '{"type":"https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant"}' },
  ],
  ['no answer', undefined],
])('%s is tried again', async (_name, answer) => {
  answers = [answer, answer, { status: 201, body: '' }]
  send('a')
  await settled(1)
  expect([outcomes, bodies.length]).toEqual([['delivered'], 3])
})

test('what the broker refuses is quarantined with its words', async () => {
  answers = [{ status: 400, body: '{"title":"no"}' }]
  send('a')
  await settled(1)
  expect(outcomes).toEqual(['ENTITY_REFUSED a: HTTP 400: {"title":"no"}'])
})

test.each([
  ['HTTP 404', { status: 404, body: '{"title":"no such path"}' }],
  ['HTTP 405', { status: 405, body: '' }],
  ['HTTP 501', { status: 501, body: '' }],
  ['HTTP 422', { status: 422, body: '{"type":"https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported"}' }],
])(
  '%s of a broker without a history skips what is late from then on, and is said once',
  async (detail, answer) => {
    answers = [answer]
    for (const id of ['a', 'b', 'c', 'd']) send(id)
    await settled(4)
    expect([outcomes, unsupported, uplink.isUsable]).toEqual([
      ['skipped', 'skipped', 'skipped', 'skipped'],
      [detail],
      false,
    ])
  },
)
