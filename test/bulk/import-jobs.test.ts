import { expect, test } from '@jest/globals'
import type { DeviceStore } from '../../src/bulk/import-devices.ts'
import { ImportJobs, type ImportOrder } from '../../src/bulk/import-jobs.ts'
import { createImportRecords, loadImportRecords } from '../../src/bulk/import-records.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
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

test('imports are known after a restart, and one that was cut off says so with what was done', async () => {
  const engine = new MemoryEngine()
  const { store, release } = await openSlowStore()
  const records = createImportRecords(engine)
  const options = { getProfileIds: () => new Set(PROFILES), records }
  const jobs = new ImportJobs({ ...options, store })
  const done = await run(new ImportJobs({ ...options, store: await TestStore.open() }), toOrder('id\na\n'))
  const cut = jobs.start(toOrder('id\nb\n'))
  await until('it is on disk', async () => (await loadImportRecords(engine)).length === 2)
  const again = new ImportJobs({ ...options, store, known: await loadImportRecords(engine) })
  expect(again.get(done?.id ?? '')).toEqual({ ...done, lines: [] })
  expect(again.get(cut?.id ?? '')).toMatchObject({
    ...{ state: 'interrupted', problem: 'the agent has ended; import the file again', lines: [] },
    counts: { created: 0 },
  })
  release()
  await jobs.close()
})

test('the record of an import that is forgotten goes with the one that takes its place', async () => {
  const engine = new MemoryEngine()
  const records = createImportRecords(engine)
  const record = { ...{ tenant: 'kranj', dryRun: false, startedAt: 1, state: 'finished', warnings: [] } }
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 }
  await records.save({ ...record, counts, id: 'one' } as never)
  await records.save({ ...record, counts, id: 'two' } as never, ['one'])
  expect((await loadImportRecords(engine)).map(({ id }) => id)).toEqual(['two'])
})

test('one that a stop ends is interrupted; what was done before is counted', async () => {
  const engine = new MemoryEngine()
  const jobs = new ImportJobs({
    ...{ store: await TestStore.open(), getProfileIds: () => new Set(PROFILES) },
    records: createImportRecords(engine),
  })
  const rows = Array.from({ length: 2_000 }, (_, index) => `d-${index}`)
  const job = jobs.start(toOrder(['id', ...rows].join('\n')))
  await until('it has begun', () => (job?.counts.created ?? 0) > 0)
  await jobs.close()
  const [record] = await loadImportRecords(engine)
  expect(record).toMatchObject({ id: job?.id, state: 'interrupted', counts: job?.counts })
  expect(record?.counts.created).toBeLessThan(2_000)
})
