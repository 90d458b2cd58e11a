import { beforeEach, expect, test } from '@jest/globals'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import type { ListQuery } from '../../src/provisioning/provisioning.ts'
import { device, KRANJ, make, openProvisioning } from './test-provisioning.ts'

let provisioning: Provisioning

beforeEach(async () => {
  let now = 1_000
  provisioning = await openProvisioning({
    now: () => {
      now += 1
      return now
    },
  })
  await make(provisioning, KRANJ, { kind: 'tenant', id: 'bled', value: {} })
  await make(provisioning, device('c-3', { name: 'Otok, čoln', profile: 'eight' }))
  await make(provisioning, device('a-1', { name: 'Zbiralnik' }))
  await make(provisioning, device('b-2', { name: 'Čebelnjak' }))
  await make(provisioning, { kind: 'device', tenant: 'bled', id: 'a-1', value: { profile: 'six' } })
})

function list(query: Partial<ListQuery>): readonly string[] {
  return provisioning.list('device', { limit: 10, ...query }).items.map(({ tenant, id }) => `${tenant}/${id}`)
}

test('without a wish they come by tenant and id', () => {
  expect(list({})).toEqual(['bled/a-1', 'kranj/a-1', 'kranj/b-2', 'kranj/c-3'])
})

test('they are filtered by tenant, profile and source', () => {
  expect(list({ tenant: 'bled' })).toEqual(['bled/a-1'])
  expect(list({ profile: 'eight' })).toEqual(['kranj/c-3'])
  expect(list({ source: 'file' })).toEqual([])
  expect(list({ tenant: 'kamnik' })).toEqual([])
})

test('text is looked up at the beginning of ids, names and their words, in whatever case', () => {
  expect(list({ search: 'A-' })).toEqual(['bled/a-1', 'kranj/a-1'])
  expect(list({ search: 'č' })).toEqual(['kranj/b-2', 'kranj/c-3'])
  expect(list({ search: 'OLN' })).toEqual([])
  expect(list({ search: 'otok, Č' })).toEqual(['kranj/c-3'])
})

test('they are sorted by name or time, either way', () => {
  expect(list({ tenant: 'kranj', sort: 'name' })).toEqual(['kranj/c-3', 'kranj/a-1', 'kranj/b-2'])
  expect(list({ sort: 'updatedAt', descending: true })).toEqual([
    'bled/a-1',
    'kranj/b-2',
    'kranj/a-1',
    'kranj/c-3',
  ])
})

test.each(['id', 'name', 'updatedAt'] as const)(
  'pages by %s give each of them once, whatever comes meanwhile',
  async sort => {
    const seen: string[] = []
    let after: ListQuery['after']
    do {
      const page = provisioning.list('device', { sort, limit: 1, ...(after && { after }) })
      seen.push(...page.items.map(({ tenant, id }) => `${tenant}/${id}`))
      after = page.next
      expect(page.items).toHaveLength(1)
    } while (after !== undefined)
    expect([...seen].sort()).toEqual(['bled/a-1', 'kranj/a-1', 'kranj/b-2', 'kranj/c-3'])
  },
)

test('the number of all is told with each page', () => {
  expect(provisioning.list('device', { limit: 1, tenant: 'kranj' }).total).toBe(3)
  expect(provisioning.list('tenant', { limit: 5 })).toMatchObject({
    total: 2,
    items: [{ id: 'bled' }, { id: 'kranj' }],
  })
})
