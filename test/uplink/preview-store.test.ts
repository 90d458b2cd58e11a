import { expect, test } from '@jest/globals'
import { parseEntity } from '../../src/entity-text.ts'
import type { Entity } from '../../src/reading.ts'
import { PreviewStore } from '../../src/uplink/preview-store.ts'
import { createEntity as createText } from '../support/entities.ts'

const ALL = { limit: 20_000, offset: 0 }

function createEntity(id: string, values?: Readonly<Record<string, unknown>>): Entity {
  return parseEntity(createText(id, values))
}

test('the last value of each attribute is shown, and attributes that were not sent again stay', () => {
  const store = new PreviewStore()
  store.upsert('kranj', createEntity('a', { temperature: 1, humidity: 2 }))
  store.upsert('kranj', createEntity('a', { temperature: 3 }))
  expect(store.list(ALL)).toEqual([createEntity('a', { temperature: 3, humidity: 2 })])
})

test('two tenants may have an entity of the same id, and each sees its own', () => {
  const store = new PreviewStore()
  store.upsert('kranj', createEntity('a', { temperature: 1 }))
  store.upsert('koper', createEntity('a', { temperature: 2 }))
  expect(store.list({ ...ALL, tenant: 'koper' })).toEqual([createEntity('a', { temperature: 2 })])
  expect(store.list(ALL)).toHaveLength(2)
})

test('entities are listed by id, from an offset, up to a limit, by id and by type', () => {
  const store = new PreviewStore()
  for (const id of ['c', 'a', 'b']) store.upsert('kranj', createEntity(id))
  store.upsert('kranj', { ...createEntity('d'), type: 'ParkingSpot' })
  const list = (query: object) => store.list({ ...ALL, ...query }).map(({ id }) => id)
  expect(list({})).toEqual(['a', 'b', 'c', 'd'])
  expect(list({ offset: 1, limit: 2 })).toEqual(['b', 'c'])
  expect(list({ ids: ['a', 'd', 'x'] })).toEqual(['a', 'd'])
  expect(list({ types: ['ParkingSpot'] })).toEqual(['d'])
})

test('the entity unheard of for longest makes room when there are too many', () => {
  const store = new PreviewStore()
  for (let index = 0; index < 10_000; index++) store.upsert('kranj', createEntity(`e${index}`))
  store.upsert('kranj', createEntity('e0'))
  store.upsert('kranj', createEntity('new'))
  const ids = new Set(store.list(ALL).map(({ id }) => id))
  expect(ids.size).toBe(10_000)
  expect([ids.has('e0'), ids.has('e1'), ids.has('new')]).toEqual([true, false, true])
})

test('with a tenant its entities go, and those of others stay', () => {
  const store = new PreviewStore()
  store.upsert('kranj', createEntity('a', { temperature: 1 }))
  store.upsert('bled', createEntity('a', { temperature: 2 }))
  store.forgetTenant('kranj')
  expect(store.list(ALL)).toEqual([createEntity('a', { temperature: 2 })])
})
