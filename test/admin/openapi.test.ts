import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { fullSources, REQUESTS } from './every-answer.ts'
import { OpenApiDocument } from './openapi-document.ts'
import { TestHttp } from './test-http.ts'

let http: TestHttp
let api: OpenApiDocument

beforeEach(async () => {
  http = await TestHttp.open(await fullSources())
  api = await OpenApiDocument.read(http)
})

afterEach(() => http.close())

test('the document is OpenAPI 3.1, and all that it refers to is in it', () => {
  expect(api.document.openapi).toBe('3.1.0')
  const names = [...JSON.stringify(api.document).matchAll(/"\$ref":"([^"]*)"/g)].map(
    ([, reference]) => reference,
  )
  expect(names).toContain('#/components/schemas/problem')
  const known = Object.keys(api.document.components.schemas).map(name => `#/components/schemas/${name}`)
  expect(names.filter(name => !known.includes(name ?? ''))).toEqual([])
  expect(known.filter(name => !names.includes(name))).toEqual([])
})

test('every route is in the document, with a summary, its parameters and an answer', () => {
  const described = api.operations
  expect(http.routes.filter(route => !described.includes(route))).toEqual([])
  expect(described.filter(operation => !http.routes.includes(operation))).toEqual([])
  for (const [path, operations] of Object.entries(api.document.paths)) {
    for (const { summary, parameters = [], responses } of Object.values(operations)) {
      expect([path, summary]).toEqual([path, expect.stringMatching(/^[A-Z]/)])
      const inPath = [...path.matchAll(/\{(.+?)\}/g)].map(([, name]) => name)
      expect(parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name)).toEqual(inPath)
      expect(Object.keys(responses).some(status => /^2\d\d$/.test(status))).toBe(true)
      expect(responses['default']?.content).toHaveProperty('application/problem+json')
    }
  }
})

describe('real answers are as the document says', () => {
  test('of every route, one that is good and one that is not', async () => {
    const seen = new Set<string>()
    for (const { method, path, status = 200, ...sent } of REQUESTS) {
      const operation = api.find(method, path)
      const answer = await http.send(method, path, sent)
      expect([method, path, answer.status, answer.status === status ? '' : answer.body]).toEqual([
        method,
        path,
        status,
        '',
      ])
      expect([method, path, operation]).toEqual([method, path, expect.any(String)])
      expect([method, path, api.findFaults(operation ?? '', answer)]).toEqual([method, path, []])
      seen.add(`${operation} ${status < 400 ? 'good' : 'bad'}`)
    }
    const wanted = api.operations.flatMap(operation => [`${operation} good`, `${operation} bad`])
    // Those that cannot fail, and a stream that does not end.
    const exempt = ['GET /context.jsonld bad', 'GET /api/v1/messages/tail good']
    expect(wanted.filter(one => !seen.has(one) && !exempt.includes(one))).toEqual([])
  })

  test('of no route without a token, where it is not this machine that asks', async () => {
    await http.close()
    http = await TestHttp.open({}, '0.0.0.0')
    for (const operation of api.operations) {
      const [method = '', path = ''] = operation.split(' ')
      const answer = await http.send(method, path.replace(/\{.+?\}/g, 'x'), {
        headers: { Authorization: '' },
      })
      const isPublic = /^\/(healthz|readyz|context)/.test(path)
      expect([operation, answer.status === 401]).toEqual([operation, !isPublic])
      if (!isPublic) expect(api.findFaults(operation, answer)).toEqual([])
    }
  })

  test('and an answer that is not would be seen', async () => {
    const answer = await http.get('/api/v1/lanes')
    const { lanes } = answer.body as { readonly lanes: readonly object[] }
    const find = (body: unknown) => api.findFaults('GET /api/v1/lanes', { ...answer, body })
    expect(find({ lanes })).toEqual([])
    expect(find({ lanes: [{ ...lanes[0], secret: 'x' }] })[0]).toMatch(/additional properties .*secret/)
    expect(find({ lanes: [{ ...lanes[0], breaker: 'broken' }] })[0]).toMatch(/breaker/)
    expect(find({})[0]).toMatch(/required property 'lanes'/)
  })
})
