import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { problem, TestHttp } from './test-http.ts'

const DOCUMENT = { body: '{"@context":{}}\n', etag: '"abc"' }

let http: TestHttp

beforeEach(async () => {
  const paths = ['/context.jsonld', '/contexts/dataModel.Weather.jsonld']
  const getContext = (path: string) => (paths.includes(path) ? DOCUMENT : undefined)
  // On an address that asks for a token: a broker has none.
  http = await TestHttp.open({ getContext }, '0.0.0.0')
})

afterEach(() => http.close())

test.each(['/context.jsonld', '/context.jsonld?x=1', '/contexts/dataModel.Weather.jsonld'])(
  '%s answers everybody, and may be kept',
  async path => {
    const { status, type, body, headers } = await http.get(path)
    expect({ status, type, body }).toEqual({
      status: 200,
      type: 'application/ld+json',
      body: { '@context': {} },
    })
    expect(headers.get('cache-control')).toBe('public, max-age=300, must-revalidate')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('etag')).toBe('"abc"')
  },
)

test.each(['"abc"', 'W/"abc"', '"x", "abc"', '*'])('who has %s already gets nothing more', async tag => {
  const { status, body } = await http.get('/context.jsonld', { 'if-none-match': tag })
  expect({ status, body }).toEqual({ status: 304, body: '' })
})

test('who has another one gets it anew', async () => {
  expect(await http.get('/context.jsonld', { 'if-none-match': '"abcd"' })).toMatchObject({ status: 200 })
})

test('there is none of another name', async () => {
  expect(await http.get('/contexts/nothing.jsonld')).toMatchObject(problem(404, expect.any(String)))
})
