import { describe, expect, test } from '@jest/globals'
import { readAnswer } from '../../src/uplink/ngsi-ld-answer.ts'

const SENT = [{ id: 'urn:a' }, { id: 'urn:b' }]

function read(status: number, body: unknown = '', retryAfterMs?: number) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return readAnswer({ status, body: text, ...(retryAfterMs !== undefined && { retryAfterMs }) }, SENT)
}

describe('an answer that confirms', () => {
  test.each([
    ['201 with the ids that were created', 201, ['urn:a']],
    ['204 without a body', 204, ''],
    ['207 without errors', 207, { success: ['urn:a', 'urn:b'], errors: [] }],
    ['207 that lists errors only, and none', 207, { errors: [] }],
  ])('%s confirms every entity', (_title, status, body) => {
    expect(read(status, body)).toEqual({ kind: 'answered', refused: new Map() })
  })

  test('207 refuses the entities under errors with the words of the broker and confirms the others', () => {
    const error = { type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData', title: 'no', status: 400 }
    expect(read(207, { success: ['urn:a'], errors: [{ entityId: 'urn:b', error }] })).toEqual({
      kind: 'answered',
      refused: new Map([['urn:b', JSON.stringify(error)]]),
    })
  })
})

describe('an answer that confirms nothing', () => {
  test.each([400, 409, 413, 422])('%i refuses the request as a whole', status => {
    expect(read(status, { title: 'bad' })).toEqual({
      kind: 'refused',
      detail: `HTTP ${status}: {"title":"bad"}`,
    })
  })

  test.each([408, 425, 429, 500, 502, 503, 504])('%i is sent again later', status => {
    expect(read(status, 'why')).toEqual({ kind: 'later', detail: `HTTP ${status}: why` })
  })

  test.each([
    [401, 'DESTINATION_LOGIN', 'HTTP 401: why'],
    [403, 'DESTINATION_LOGIN', 'HTTP 403: why'],
    [404, 'DESTINATION_MISTAKEN', 'HTTP 404: why'],
    [411, 'DESTINATION_MISTAKEN', 'HTTP 411: why'],
    [415, 'DESTINATION_MISTAKEN', 'HTTP 415: why'],
    [301, 'DESTINATION_MISTAKEN', 'unexpected HTTP 301: why'],
    [302, 'DESTINATION_MISTAKEN', 'unexpected HTTP 302: why'],
    [308, 'DESTINATION_MISTAKEN', 'unexpected HTTP 308: why'],
    [307, 'DESTINATION_MISTAKEN', 'unexpected HTTP 307: why'],
  ])('%i bars the way until somebody has looked', (status, code, detail) => {
    expect(read(status, 'why')).toEqual({ kind: 'barred', code, detail })
  })

  test.each([400, 409, 422])(
    '%i with a page of HTML is the word of a proxy, and not about entities',
    status => {
      const page = '\r\n<html><head><title>400 No required SSL certificate was sent</title></head></html>'
      expect(read(status, page)).toEqual({
        kind: 'barred',
        code: 'DESTINATION_MISTAKEN',
        detail: `HTTP ${status}: ${page}`,
      })
    },
  )

  test('413 with a page of HTML says the same as without: the request was too large', () => {
    expect(read(413, '<html>')).toEqual({ kind: 'refused', detail: 'HTTP 413: <html>' })
  })

  test.each([200, 202, 418])('%i is nothing that was asked for, so it is sent again later', status => {
    expect(read(status, '<html>')).toEqual({ kind: 'later', detail: `unexpected HTTP ${status}: <html>` })
  })

  test.each([400, 422, 503, 504])('%i over a @context out of reach is sent again later', status => {
    const problem = { type: 'https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable', title: 'no' }
    expect(read(status, problem)).toEqual({
      kind: 'later',
      detail: `HTTP ${status}: ${JSON.stringify(problem)}`,
    })
  })

  test('400 that quotes a value about a @context out of reach refuses the request as a whole', () => {
    const problem = {
      type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData',
      detail: 'not a note: https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable',
    }
    expect(read(400, problem).kind).toBe('refused')
  })

  test('Retry-After is handed on', () => {
    expect(read(503, '', 5_000)).toEqual({ kind: 'later', detail: 'HTTP 503', afterMs: 5_000 })
  })

  test('a 207 that cannot be read is sent again later', () => {
    for (const body of ['', 'no json', 'null', '[]', '{}', '{"success":[]}']) {
      expect(read(207, body).kind).toBe('later')
    }
  })

  test('a 207 that names an entity neither as stored nor as refused is sent again later', () => {
    expect(read(207, { success: ['urn:a'], errors: [] })).toMatchObject({ kind: 'later' })
  })

  test('a 207 with an error that names no entity refuses the request as a whole', () => {
    expect(read(207, { success: ['urn:a'], errors: [{ title: 'no' }] })).toMatchObject({ kind: 'refused' })
  })

  test('a page of text is cut to what explains the case', () => {
    const verdict = read(500, 'x'.repeat(10_000))
    expect(verdict.kind === 'later' && verdict.detail).toBe(`HTTP 500: ${'x'.repeat(500)}…`)
  })
})

describe('the words of one broker or another', () => {
  const NO = { type: 'https://uri.etsi.org/ngsi-ld/errors/BadRequestData', title: 'no', status: 400 }

  test.each([
    ['of Scorpio, with id and ProblemDetails', { type: 'Upsert', id: 'urn:b', ProblemDetails: NO }],
    ['of the standard', { entityId: 'urn:b', error: NO }],
  ])('an error %s is about the entity that it names', (_title, error) => {
    expect(read(207, { success: ['urn:a'], errors: [error] })).toEqual({
      kind: 'answered',
      refused: new Map([['urn:b', JSON.stringify(NO)]]),
    })
  })

  test('a list of failures without anything else confirms nobody who is not named', () => {
    expect(read(207, [{ id: 'urn:b', failure: [NO] }])).toEqual({
      kind: 'later',
      detail: `incomplete HTTP 207: ${JSON.stringify([{ id: 'urn:b', failure: [NO] }])}`,
      decided: new Map([['urn:b', JSON.stringify(NO)]]),
    })
  })

  test.each([400, 404, 409, 422])(
    '%i with errors alone refuses those it names and confirms nobody',
    status => {
      const errors = [{ id: 'urn:b', ProblemDetails: NO }]
      expect(read(status, { errors })).toMatchObject({
        kind: 'later',
        decided: new Map([['urn:b', JSON.stringify(NO)]]),
      })
      expect(read(status, { errors: [...errors, { id: 'urn:a', ProblemDetails: NO }] })).toEqual({
        kind: 'answered',
        refused: new Map(['urn:b', 'urn:a'].map(id => [id, JSON.stringify(NO)])),
      })
    },
  )

  test('503 with errors for single entities refuses none of them', () => {
    const errors = SENT.map(({ id }) => ({ id, ProblemDetails: { ...NO, detail: '503 from a node' } }))
    expect(read(503, { errors })).toMatchObject({ kind: 'later', decided: new Map() })
  })

  test('an error of the broker itself for one entity sends that one again', () => {
    const error = { ...NO, title: 'Bad Gateway', status: 502 }
    expect(read(207, { success: ['urn:a'], errors: [{ entityId: 'urn:b', error }] })).toMatchObject({
      kind: 'later',
      decided: new Map([['urn:a', undefined]]),
    })
  })

  test('a @context out of reach for one entity sends that one again', () => {
    const error = { type: 'https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable', title: 'no' }
    expect(read(207, { success: ['urn:a'], errors: [{ entityId: 'urn:b', error }] })).toMatchObject({
      kind: 'later',
      decided: new Map([['urn:a', undefined]]),
    })
  })

  test('an entity that is both among the successes and among the errors was not stored whole', () => {
    const errors = [{ entityId: 'urn:b', error: { ...NO, status: 409 } }]
    expect(read(207, { success: ['urn:a', 'urn:b'], errors })).toMatchObject({
      kind: 'answered',
      refused: new Map([['urn:b', JSON.stringify({ ...NO, status: 409 })]]),
    })
  })

  test.each([
    [401, 'barred'],
    [502, 'later'],
    [503, 'later'],
    [429, 'later'],
  ])('%i of a gateway with errors of its own is not about entities', (status, kind) => {
    expect(read(status, { errors: [{ code: 'UPSTREAM', message: 'no healthy upstream' }] }).kind).toBe(kind)
  })

  test('200 confirms those that it lists as stored, and nobody else', () => {
    expect(read(200, { success: ['urn:a', 'urn:b'], errors: [] })).toEqual({
      kind: 'answered',
      refused: new Map(),
    })
    expect(read(200, { errors: [] }).kind).toBe('later')
    expect(read(200, ['urn:a', 'urn:b']).kind).toBe('later')
  })

  test('201 that tells an error is read like 207', () => {
    expect(read(201, { success: ['urn:a'], errors: [{ entityId: 'urn:b', error: NO }] })).toMatchObject({
      refused: new Map([['urn:b', JSON.stringify(NO)]]),
    })
  })
})
