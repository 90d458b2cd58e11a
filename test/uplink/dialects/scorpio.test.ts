import { afterEach, expect, test } from '@jest/globals'
import { toProblem } from '../../support/brokers/fixture-broker.ts'
import { scorpio, toAllFailed } from '../../support/brokers/scorpio.ts'
import { type OpenDialect, openDialect } from '../../support/dialect.ts'
import { createEntity } from '../../support/entities.ts'

let opened: OpenDialect

afterEach(() => opened.close())

function toIds(body: string): readonly string[] {
  return (JSON.parse(body) as readonly { readonly id: string }[]).map(({ id }) => id)
}

function idsOfRequests(): readonly (readonly string[])[] {
  return opened.broker.requests.map(({ body }) => toIds(body))
}

const [A, B, C] = ['urn:x:a', 'urn:x:b', 'urn:x:c']

test('a tenant that may be new gets one entity alone, and the others when that one is stored', async () => {
  opened = await openDialect('scorpio', scorpio, { brokerTenant: 'kranj' })
  const verdicts = await Promise.all([
    opened.deliver(createEntity(A), createEntity(B)),
    opened.deliver(createEntity(C)),
  ])
  const answered = { kind: 'answered', refused: new Map() }
  expect(verdicts).toEqual([answered, { ...answered, status: 201 }])
  expect(idsOfRequests()).toEqual([[A], [B], [C]])
})

test('an entity that is refused does not make a tenant, so the next one goes alone too', async () => {
  opened = await openDialect('scorpio', scorpio, { brokerTenant: 'kranj' })
  opened.broker.refused.set(A, 'too cold')
  const verdict = await opened.deliver(createEntity(A), createEntity(B), createEntity(C))
  expect(verdict).toMatchObject({
    kind: 'answered',
    refused: new Map([[A, expect.stringContaining('too cold')]]),
  })
  expect(idsOfRequests()).toEqual([[A], [B], [C]])
})

test('what follows a warm-up that failed is the same again', async () => {
  opened = await openDialect('scorpio', scorpio, { brokerTenant: 'kranj' })
  opened.broker.meet(response => response.writeHead(503).end())
  expect(await opened.deliver(createEntity(A), createEntity(B))).toEqual({
    kind: 'later',
    detail: 'HTTP 503',
  })
  expect((await opened.deliver(createEntity(A), createEntity(B))).kind).toBe('answered')
  expect(idsOfRequests()).toEqual([[A], [A], [B]])
})

test('the default tenant is there from the start, and entities travel in the order of their ids', async () => {
  opened = await openDialect('scorpio', scorpio)
  await opened.deliver(createEntity(C), createEntity(A), createEntity(B))
  expect(idsOfRequests()).toEqual([[A, B, C]])
})

test.each([
  ['a deadlock of its database', 'InvalidRequest', 400, '40P01'],
  ['a race to create the entity', 'AlreadyExists', 409, 'urn:x:a already exists'],
])('%s sends the entity again', async (_title, name, status, detail) => {
  opened = await openDialect('scorpio', scorpio)
  const { status: code, body } = toAllFailed([{ id: A, problem: toProblem(name, status, detail) }])
  opened.broker.meet(response => response.writeHead(code).end(body))
  expect(await opened.deliver(createEntity(A))).toMatchObject({ kind: 'later', decided: new Map() })
})
