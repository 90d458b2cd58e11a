import { describe, expect, test } from '@jest/globals'
import { readNgsiV2Answer } from '../../src/uplink/ngsi-v2-answer.ts'

const SENT = ['urn:a', 'urn:b'].map(id => ({ id, type: 'T' }))

function read(status: number, error: string, description: string) {
  return readNgsiV2Answer({ status, body: JSON.stringify({ error, description }) }, SENT)
}

test('204 confirms every entity', () => {
  expect(readNgsiV2Answer({ status: 204, body: '' }, SENT)).toEqual({ kind: 'answered', refused: new Map() })
})

describe('422', () => {
  test('that tells in prose who was left out refuses these and confirms the others', () => {
    expect(read(422, 'PartialUpdate', 'do not exist: urn:b/T - [entity itself]')).toEqual({
      kind: 'answered',
      refused: new Map([['urn:b', expect.stringContaining('do not exist: urn:b/T')]]),
    })
  })

  test.each([
    ['names nobody', 'PartialUpdate', 'something else'],
    [
      'names somebody who was not sent',
      'PartialUpdate',
      'do not exist: urn:b/T - [entity itself], urn:c/T - [x]',
    ],
    ['names another type', 'PartialUpdate', 'do not exist: urn:b/U - [entity itself]'],
    ['is not about a part', 'Unprocessable', 'do not exist: urn:b/T - [entity itself]'],
  ])('that %s refuses the request as a whole', (_title, error, description) => {
    expect(read(422, error, description).kind).toBe('refused')
  })
})

test('404 that names all entities, with the separators of Orion, refuses all of them', () => {
  const description = 'do not exist: urn:a/T - [entity itself], urn:b/T [entity itself]'
  const verdict = read(404, 'NotFound', description)
  expect(verdict.kind === 'answered' && [...verdict.refused.keys()]).toEqual(['urn:a', 'urn:b'])
})

test.each([
  [400, 'BadRequest', 'Invalid characters in attribute value'],
  [409, 'TooManyResults', 'More than one matching entity.'],
  [413, 'RequestEntityTooLarge', 'payload size: 1500000, max size supported: 1048576'],
  [413, 'NoResourcesAvailable', 'You cannot use more than one geo location attribute'],
])('%i %s is looked into, for the sake of the entity that is to blame', (status, error, description) => {
  expect(read(status, error, description).kind).toBe('refused')
})

test.each([
  'bad character in tenant name - only underscore and alphanumeric characters are allowed',
  'a component of ServicePath contains an illegal character',
])('400 over a header (%s) is not held against entities, and somebody has to look', description => {
  expect(read(400, 'BadRequest', description)).toMatchObject({
    kind: 'barred',
    code: 'DESTINATION_MISTAKEN',
  })
})

test.each([
  [400, 'barred'],
  [404, 'barred'],
  [411, 'barred'],
  [422, 'barred'],
  [503, 'later'],
  [200, 'later'],
])('%i confirms nothing', (status, kind) => {
  expect(readNgsiV2Answer({ status, body: '<html>' }, SENT).kind).toBe(kind)
})
