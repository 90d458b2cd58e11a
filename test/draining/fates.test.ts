import { beforeEach, expect, test } from '@jest/globals'
import { Fates } from '../../src/draining/fates.ts'
import type { Dialect } from '../../src/uplink/dialect.ts'
import { createParcel, type Parcel } from '../../src/uplink/parcel.ts'
import type { Verdict } from '../../src/uplink/verdict.ts'

const CONFIRMED: Verdict = { kind: 'answered', refused: new Map(), status: 204 }

let fates: Fates
let verdict: Verdict
let dialect: Dialect

beforeEach(() => {
  fates = new Fates()
  verdict = CONFIRMED
  dialect = fates.watch({
    wrap: (entity, settle) => createParcel(entity, undefined, settle),
    deliver: async () => verdict,
    close: async () => undefined,
  })
})

async function deliver(...ids: readonly string[]): Promise<void> {
  const rest = { type: 'T', context: undefined, attributes: [], headBytes: 0, takenAt: 0 }
  const parcels: Parcel[] = ids.map(id => ({ id, ...rest, json: Buffer.from('{}'), settle: () => {} }))
  await dialect.deliver(parcels)
}

test('a message that nobody has settled has no outcome', () => {
  expect(fates.find(0, ['a'], 0)).toEqual({ outcome: undefined, settledAt: undefined, answers: [] })
})

test('a settled message has its outcome, its time and the answer that decided it', async () => {
  await deliver('a', 'b')
  const now = Date.now()
  fates.settle(7, { kind: 'delivered' }, now)
  expect(fates.find(7, ['b'], 0)).toEqual({
    outcome: 'delivered',
    settledAt: now,
    answers: [
      {
        entity: 'b',
        sentAt: expect.any(Number),
        answeredAt: expect.any(Number),
        entities: 2,
        status: 204,
        words: 'confirmed',
      },
    ],
  })
})

test('the words are those that were said of the entity, or of the request as a whole', async () => {
  verdict = { kind: 'answered', refused: new Map([['a', 'not to my taste']]), status: 207 }
  await deliver('a', 'b')
  expect(fates.find(0, ['a'], 0).answers).toMatchObject([{ words: 'not to my taste', status: 207 }])
  expect(fates.find(0, ['b'], 0).answers).toMatchObject([{ words: 'confirmed' }])
  verdict = { kind: 'later', detail: 'HTTP 503' }
  await deliver('a')
  expect(fates.find(0, ['a'], 0).answers).toMatchObject([{ words: 'HTTP 503', entities: 1 }])
})

test('a message that was refused a moment ago has the reason, until later ones push it out', () => {
  fates.settle(1, { kind: 'quarantined', code: 'MAP_FAILED', detail: 'x'.repeat(3_000) }, 5)
  expect(fates.find(1, [], 0)).toEqual({
    outcome: 'quarantined',
    settledAt: 5,
    refusal: { code: 'MAP_FAILED', detail: 'x'.repeat(2_000) },
    answers: [],
  })
  for (let position = 2; position < 300; position += 1) {
    fates.settle(position, { kind: 'quarantined', code: 'MAP_FAILED', detail: '' }, 5)
  }
  expect(fates.find(1, [], 0)).toEqual({ outcome: 'quarantined', settledAt: 5, answers: [] })
})

test('a request before the message came, or after it was settled, says nothing of it', async () => {
  await deliver('a')
  const now = Date.now()
  fates.settle(1, { kind: 'delivered' }, now - 1_000)
  expect(fates.find(1, ['a'], 0).answers).toEqual([])
  fates.settle(2, { kind: 'delivered' }, now)
  expect(fates.find(2, ['a'], now + 1_000).answers).toEqual([])
  expect(fates.find(2, ['a'], 0).answers).toHaveLength(1)
})

test('what is remembered is bounded: 4,096 messages and the requests of 2,048 entities', async () => {
  for (let position = 0; position < 4_097; position += 1) fates.settle(position, { kind: 'skipped' }, 0)
  expect(fates.find(0, [], 0).outcome).toBeUndefined()
  expect(fates.find(1, [], 0).outcome).toBe('skipped')
  for (let count = 0; count < 1_025; count += 1) await deliver(`a${count}`, `b${count}`)
  expect(fates.find(0, ['a0'], 0).answers).toEqual([])
  expect(fates.find(0, ['a1'], 0).answers).toHaveLength(1)
})
