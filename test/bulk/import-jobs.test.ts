import { expect, test } from '@jest/globals'
import type { DeviceStore } from '../../src/bulk/import-devices.ts'
import { ImportJobs, type ImportOrder } from '../../src/bulk/import-jobs.ts'
import { until } from '../support/until.ts'
import { PROFILES, TestStore } from './run-import.ts'

const ACTOR = { name: 'ana', role: 'admin', from: '127.0.0.1' } as const

function toOrder(text: string, change: Partial<ImportOrder> = {}): ImportOrder {
  return {
    tenant: 'kranj',
    actor: ACTOR,
    dryRun: false,
    profile: 'elsys-ers',
    bytes: Buffer.from(text),
    ...change,
  }
}

/** Changes wait until `release`. */
async function openSlowStore() {
  let release = () => {}
  const gate = new Promise<void>(resolve => {
    release = resolve
  })
  const store = await TestStore.open()
  const slow: DeviceStore = {
    get: store.get,
    change: async (edits, options) => {
      await gate
      return store.change(edits, options)
    },
  }
  return { store: slow, release }
}

function openJobs(store: DeviceStore): ImportJobs {
  return new ImportJobs({ store, getProfileIds: () => new Set(PROFILES) })
}

async function run(jobs: ImportJobs, order: ImportOrder) {
  const started = jobs.start(order)
  await until('it has ended', () => jobs.get(started?.id ?? '')?.state !== 'running')
  return jobs.get(started?.id ?? '')
}

test('a job tells its progress, then its counts and what became of each row', async () => {
  const { store, release } = await openSlowStore()
  const jobs = openJobs(store)
  const started = jobs.start(toOrder('id;colour\na;red\nb/c;blue\n'))
  expect(jobs.get(started?.id ?? '')).toMatchObject({ state: 'running', counts: { created: 0, refused: 0 } })
  release()
  await until('it has ended', () => jobs.get(started?.id ?? '')?.state === 'finished')
  expect(jobs.get(started?.id ?? '')).toMatchObject({
    ...{ tenant: 'kranj', dryRun: false, state: 'finished' },
    counts: { created: 1, updated: 0, unchanged: 0, refused: 1 },
    warnings: ['these columns are not used: colour (attributes.NAME makes an attribute of one)'],
    lines: [
      { line: 2, id: 'a', verdict: 'created' },
      { line: 3, id: 'b/c', verdict: 'refused' },
    ],
  })
})

test('one import of a tenant runs at a time; another tenant does not wait for it', async () => {
  const { store, release } = await openSlowStore()
  const jobs = openJobs(store)
  const first = jobs.start(toOrder('id\na\n'))
  expect(first).toBeDefined()
  expect(jobs.start(toOrder('id\nb\n'))).toBeUndefined()
  expect(jobs.start(toOrder('id\nb\n', { tenant: 'bled' }))).toBeDefined()
  release()
  await jobs.close()
  expect(jobs.start(toOrder('id\nb\n'))).toBeDefined()
})

test('a file that cannot be used fails the job with the reason', async () => {
  const job = await run(openJobs(await TestStore.open()), toOrder('PK\x03\x04'))
  expect(job).toMatchObject({ state: 'failed', problem: expect.stringContaining('save the sheet as CSV') })
})

test('the last twenty are remembered', async () => {
  const jobs = openJobs(await TestStore.open())
  const first = await run(jobs, toOrder('id\na\n'))
  const ids: string[] = []
  for (let count = 0; count < 20; count++) ids.push((await run(jobs, toOrder('id\na\n')))?.id ?? '')
  expect(jobs.get(first?.id ?? '')).toBeUndefined()
  expect(ids.every(id => jobs.get(id) !== undefined)).toBe(true)
})
