import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { StubBroker } from './stub-broker.ts'
import { until } from './until.ts'

let broker: StubBroker

beforeEach(async () => {
  broker = await StubBroker.start()
})

afterEach(async () => {
  await broker.goDown()
})

test('answers 201 with the created ids, then 204 once all of them are known', async () => {
  const first = await upsert([entity('a', 1), entity('b', 1)])
  expect(first.status).toBe(201)
  expect(await first.json()).toEqual(['urn:ngsi-ld:T:a', 'urn:ngsi-ld:T:b'])
  const mixed = await upsert([entity('b', 2), entity('c', 2)])
  expect(mixed.status).toBe(201)
  expect(await mixed.json()).toEqual(['urn:ngsi-ld:T:c'])
  expect((await upsert([entity('a', 3)])).status).toBe(204)
  expect(broker.store.valuesOf('urn:ngsi-ld:T:a', 'n')).toEqual([1, 3])
  expect(broker.faults).toEqual([])
})

test('answers 207 with both lists when it refuses one entity', async () => {
  broker.refuse('urn:ngsi-ld:T:b', 'no room for b')
  const response = await upsert([entity('a', 1), entity('b', 1)])
  expect(response.status).toBe(207)
  expect(await response.json()).toMatchObject({
    success: ['urn:ngsi-ld:T:a'],
    errors: [{ entityId: 'urn:ngsi-ld:T:b', error: { title: 'BadRequestData', detail: 'no room for b' } }],
  })
  expect(broker.store.has('urn:ngsi-ld:T:b')).toBe(false)
})

test('notes a reading that is older than what the entity has, but not a repeat', async () => {
  await upsert([entity('a', 2)])
  await upsert([entity('a', 3)])
  await upsert([entity('a', 2)])
  expect(broker.faults).toEqual([])
  expect(broker.store.repeats).toBe(1)
  await upsert([entity('a', 1)])
  expect(broker.faults).toHaveLength(1)
})

test('notes an entity that comes twice in one batch', async () => {
  await upsert([entity('a', 1), entity('a', 2)])
  expect(broker.faults).toEqual(['expected an entity once in a batch, got "urn:ngsi-ld:T:a twice"'])
})

test('notes an entity in a second request while the first one waits, unless the first was given up', async () => {
  broker.behave({ kind: 'hang' })
  const patience = new AbortController()
  const hanging = upsert([entity('a', 1)], patience.signal).catch(() => 'given up')
  await until('the request has come', () => broker.requestCount === 1)
  broker.behave({ kind: 'normal' })
  await upsert([entity('a', 1)])
  expect(broker.faults).toEqual(['expected urn:ngsi-ld:T:a in one request at a time, got it in two'])
  patience.abort()
  expect(await hanging).toBe('given up')
  await until('the fault is taken back', () => broker.faults.length === 0)
})

test('remembers of each request under which @context it came, and with what', async () => {
  await upsert([entity('a', 1), entity('b', 1)])
  await upsert([entity('c', 1)])
  expect(broker.requests).toEqual([
    { link: HEADERS.Link, ids: ['urn:ngsi-ld:T:a', 'urn:ngsi-ld:T:b'] },
    { link: HEADERS.Link, ids: ['urn:ngsi-ld:T:c'] },
  ])
})

test('notes a chunked body', async () => {
  const body = new Blob([JSON.stringify([entity('a', 1)])]).stream()
  await fetch(`${broker.url}/ngsi-ld/v1/entityOperations/upsert?options=update`, {
    method: 'POST',
    headers: HEADERS,
    body,
    duplex: 'half',
  })
  expect(broker.faults).toContain('expected no chunked body, got "chunked"')
})

test('refuses connections while it is down, and comes back on the same address', async () => {
  await broker.goDown()
  await expect(upsert([entity('a', 1)])).rejects.toThrow()
  await broker.comeUp()
  expect((await upsert([entity('a', 1)])).status).toBe(201)
})

const HEADERS = {
  'Content-Type': 'application/json',
  Link: '<https://example.org/context.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"',
}

function upsert(entities: readonly unknown[], signal?: AbortSignal): Promise<Response> {
  return fetch(`${broker.url}/ngsi-ld/v1/entityOperations/upsert?options=update`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify(entities),
    signal: signal ?? null,
  })
}

function entity(name: string, n: number) {
  const observedAt = new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()
  return { id: `urn:ngsi-ld:T:${name}`, type: 'T', n: { type: 'Property', value: n, observedAt } }
}
