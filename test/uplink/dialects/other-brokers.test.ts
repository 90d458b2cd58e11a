import { afterEach, describe, expect, test } from '@jest/globals'
import type { BrokerAnswer, Wording } from '../../support/brokers/fixture-broker.ts'
import { diwise, ngsiLdSingle } from '../../support/brokers/ngsi-ld-single.ts'
import { orionLd, toDuplicated } from '../../support/brokers/orion-ld.ts'
import { stellio } from '../../support/brokers/stellio.ts'
import { type OpenDialect, openDialect } from '../../support/dialect.ts'
import { createEntity } from '../../support/entities.ts'

let opened: OpenDialect

afterEach(() => opened.close())

const [A, B] = ['urn:x:a', 'urn:x:b']
const CONFIRMED = { kind: 'answered', refused: new Map() }

function answering(answer: BrokerAnswer): Wording {
  return () => answer
}

describe('orion-ld', () => {
  test('207 without errors, for what was both created and updated, confirms all', async () => {
    opened = await openDialect('orion-ld', orionLd)
    await opened.deliver(createEntity(A))
    const body = JSON.stringify({ success: [B, A], errors: [] })
    opened.broker.meet(response => response.writeHead(207).end(body))
    expect(await opened.deliver(createEntity(A), createEntity(B))).toEqual({ ...CONFIRMED, status: 207 })
  })

  test('an error over a duplicated entity is about one that was stored', async () => {
    const body = JSON.stringify({ success: [B], errors: [toDuplicated(A)] })
    opened = await openDialect('orion-ld', answering({ status: 207, body }))
    expect(await opened.deliver(createEntity(A), createEntity(B))).toEqual({ ...CONFIRMED, status: 207 })
  })

  test('500 over two transactions that wanted to create one entity is tried again', async () => {
    const body =
      '{"type":"https://uri.etsi.org/ngsi-ld/errors/InternalError","title":"mongocEntitiesUpsert failed"}'
    opened = await openDialect('orion-ld', answering({ status: 500, body }))
    expect(await opened.deliver(createEntity(A))).toEqual({ kind: 'later', detail: `HTTP 500: ${body}` })
  })
})

describe('stellio', () => {
  test('a tenant that is not configured bars the way, is named, and its readings wait', async () => {
    opened = await openDialect('stellio', stellio, { brokerTenant: 'kranj' })
    expect(await opened.deliver(createEntity(A))).toMatchObject({
      kind: 'barred',
      code: 'DESTINATION_MISTAKEN',
      detail: expect.stringMatching(/^expected a broker with the tenant kranj, got HTTP 404: /),
    })
    opened.broker.tenants.add('kranj')
    expect(await opened.deliver(createEntity(A))).toEqual({ ...CONFIRMED, status: 201 })
  })
})

describe('ngsi-ld-single', () => {
  function requests(): readonly string[] {
    return opened.broker.requests.map(({ method, path }) => `${method} ${path}`)
  }

  test('updates an entity, and creates it where the broker does not know it', async () => {
    opened = await openDialect('ngsi-ld-single', ngsiLdSingle)
    await opened.deliver(createEntity(A))
    await opened.deliver(createEntity(A))
    expect(requests()).toEqual([
      ...['PATCH /ngsi-ld/v1/entities/urn:x:a/attrs', 'POST /ngsi-ld/v1/entities'],
      'PATCH /ngsi-ld/v1/entities/urn:x:a/attrs',
    ])
    const [update] = opened.broker.requests
    expect(JSON.parse(update?.body ?? '')).toEqual({
      temperature: { type: 'Property', value: 21, observedAt: '2026-01-15T09:00:00.000Z' },
    })
  })

  test('appends attributes that an update leaves out', async () => {
    opened = await openDialect('ngsi-ld-single', ngsiLdSingle)
    await opened.deliver(createEntity(A))
    expect(await opened.deliver(createEntity(A, { humidity: 0.5 }))).toEqual(CONFIRMED)
    expect(requests().slice(2)).toEqual([
      'PATCH /ngsi-ld/v1/entities/urn:x:a/attrs',
      'POST /ngsi-ld/v1/entities/urn:x:a/attrs',
    ])
  })

  test('finds the path that the broker knows, once', async () => {
    opened = await openDialect('ngsi-ld-single', diwise)
    await opened.deliver(createEntity(A))
    await opened.deliver(createEntity(A))
    await opened.deliver(createEntity(A))
    expect(requests().slice(-2)).toEqual([
      'PATCH /ngsi-ld/v1/entities/urn:x:a/attrs/',
      'PATCH /ngsi-ld/v1/entities/urn:x:a/attrs/',
    ])
    expect(requests()).toHaveLength(2 + 4 + 1)
  })

  test('a broker that fails in the middle keeps what it confirmed, and only the others are sent again', async () => {
    opened = await openDialect('ngsi-ld-single', ngsiLdSingle)
    await opened.deliver(createEntity(A), createEntity(B))
    opened.broker.meet(
      response => response.writeHead(204).end(),
      response => response.writeHead(503).end(),
    )
    expect(await opened.deliver(createEntity(A), createEntity(B))).toEqual({
      kind: 'later',
      detail: 'HTTP 503',
      decided: new Map([[A, undefined]]),
    })
  })

  test('an id is one segment of the path, whatever is in it', async () => {
    opened = await openDialect('ngsi-ld-single', ngsiLdSingle)
    await opened.deliver(createEntity('urn:x:a%20b'))
    await opened.deliver(createEntity('urn:x:a%20b', { temperature: 22 }))
    expect(requests()[0]).toBe('PATCH /ngsi-ld/v1/entities/urn:x:a%2520b/attrs')
    expect([...opened.broker.entities.keys()]).toEqual(['urn:x:a%20b'])
  })
})
