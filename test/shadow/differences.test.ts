import { expect, test } from '@jest/globals'
import type { Entity } from '../../src/reading.ts'
import { Differences } from '../../src/shadow/differences.ts'
import { createNoFindings } from '../../src/shadow/shadow-plan.ts'

const MESSAGE = { tenant: 'kranj', device: 'a', topic: 'tromost/a/up', receivedAt: 7 }
const AT = '2026-01-15T09:00:00.000Z'

function createEntity(temperature: number, others: object = {}): Entity {
  const attribute = { type: 'Property', value: temperature, observedAt: AT } as const
  return { id: 'urn:x:a', type: 'WeatherObserved', temperature: attribute, ...others }
}

test('what both versions make alike is counted, and is no difference', () => {
  const differences = new Differences(createNoFindings(5))
  differences.compare(MESSAGE, { entities: [createEntity(1)] }, { entities: [createEntity(1)] })
  expect(differences.findings).toEqual({ since: 5, messages: 1, same: 1, differences: [], others: 0 })
})

test('values, attributes and entities that differ are told apart, the most frequent first', () => {
  const differences = new Differences(createNoFindings(0))
  const active = { entities: [createEntity(1)] }
  differences.compare(MESSAGE, active, { entities: [createEntity(2)] })
  differences.compare(MESSAGE, active, { entities: [createEntity(3)] })
  differences.compare(MESSAGE, active, { entities: [{ id: 'urn:x:b', type: 'Device' }] })
  const { findings } = differences
  expect(findings.same).toBe(0)
  expect(findings.differences).toEqual([
    {
      ...{ kind: 'attributeChanged', type: 'WeatherObserved', attribute: 'temperature', count: 2 },
      examples: [2, 3].map(value => ({
        ...MESSAGE,
        active: { type: 'Property', value: 1, observedAt: AT },
        shadow: { type: 'Property', value, observedAt: AT },
      })),
    },
    {
      kind: 'entityMissing',
      type: 'WeatherObserved',
      count: 1,
      examples: [{ ...MESSAGE, active: createEntity(1) }],
    },
    {
      ...{ kind: 'entityAdded', type: 'Device', count: 1 },
      examples: [{ ...MESSAGE, shadow: { id: 'urn:x:b', type: 'Device' } }],
    },
  ])
})

test('a message that only one version understands is told with the reason', () => {
  const differences = new Differences(createNoFindings(0))
  const refusal = { code: 'MAP_FAILED', detail: 'too hot' }
  differences.compare(MESSAGE, { entities: [] }, { entities: [], refusal })
  differences.compare(MESSAGE, { entities: [], refusal }, { entities: [] })
  differences.compare(
    MESSAGE,
    { entities: [], refusal },
    { entities: [], refusal: { ...refusal, detail: 'cold' } },
  )
  differences.compare(MESSAGE, { entities: [], refusal }, { entities: [], refusal })
  const { differences: found, same } = differences.findings
  expect(found.map(({ kind, count }) => [kind, count])).toEqual([
    ['refused', 1],
    ['accepted', 1],
    ['refusal', 1],
  ])
  expect(same).toBe(1)
})

test('examples, their size and the kinds of differences are bounded', () => {
  const differences = new Differences(createNoFindings(0))
  for (let count = 0; count < 10; count++)
    differences.compare(MESSAGE, { entities: [createEntity(1)] }, { entities: [createEntity(2)] })
  const many = Object.fromEntries(
    Array.from({ length: 250 }, (_, at) => [
      `a${at}`,
      { type: 'Property', value: 'x'.repeat(2_000), observedAt: AT },
    ]),
  )
  differences.compare(MESSAGE, { entities: [createEntity(1)] }, { entities: [createEntity(1, many)] })
  const { findings } = differences
  expect(findings.differences).toHaveLength(200)
  expect(findings.others).toBe(51)
  expect(findings.differences[0]).toMatchObject({ count: 10, examples: [{}, {}, {}, {}, {}] })
  expect(findings.differences[0]?.examples).toHaveLength(5)
  expect(String(findings.differences[1]?.examples[0]?.shadow)).toHaveLength(1_001)
})

test('a run counts on from what it had found before', () => {
  const made = (temperature: number) => ({ entities: [createEntity(temperature)] })
  const before = new Differences(createNoFindings(5))
  before.compare(MESSAGE, made(1), made(2))
  before.compare(MESSAGE, made(1), made(1))
  const after = new Differences(before.findings)
  after.compare(MESSAGE, made(3), made(4))
  expect(after.findings).toMatchObject({ since: 5, messages: 3, same: 1, others: 0 })
  expect(after.findings.differences.map(({ count, examples }) => [count, examples.length])).toEqual([[2, 1]])
})
