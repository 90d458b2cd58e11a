import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Batcher } from '../../src/uplink/batcher.ts'
import type { Parcel } from '../../src/uplink/parcel.ts'
import { createTestParcel } from '../support/entities.ts'

const BOUNDS = { maxEntities: 3, maxBytes: 10_000 }
/** Later than any reading was taken: closes whatever is open. */
const NOW = Number.POSITIVE_INFINITY
const WEATHER = 'https://example.org/weather.jsonld'
const DEVICE = 'https://example.org/device.jsonld'

function toIds(batch: readonly Parcel[] | undefined): readonly string[] | undefined {
  return batch?.map(({ id }) => id)
}

function addOf(batcher: Batcher, context: string | undefined, ...ids: readonly string[]): void {
  for (const id of ids) batcher.add(createTestParcel(id, undefined, undefined, context))
}

function addAll(batcher: Batcher, ...ids: readonly string[]): void {
  for (const id of ids) batcher.add(createTestParcel(id))
}

test('a batch closes when it holds as many entities as it may', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a', 'b')
  expect(batcher.takeClosed()).toBeUndefined()
  addAll(batcher, 'c', 'd')
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'b', 'c'])
  expect(batcher.takeClosed()).toBeUndefined()
  expect(batcher.openSince).toBeDefined()
})

test('a batch closes before its body would be larger than it may', () => {
  const { length: bytes } = createTestParcel('a').json
  const batcher = new Batcher({ maxEntities: 100, maxBytes: 2 * bytes + 3 })
  addAll(batcher, 'a', 'b')
  expect(batcher.takeClosed()).toBeUndefined()
  addAll(batcher, 'c')
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'b'])
})

test('after a batch was too large, those that were closed before are sent in parts of half its bytes, in order', () => {
  const batcher = new Batcher({ maxEntities: 8, maxBytes: 1_000_000 })
  const add = (id: string) => batcher.add(createTestParcel(id, { note: 'x'.repeat(10_000) }))
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p']) add(id)
  batcher.shrinkBelow(batcher.takeClosed() ?? [])
  expect(toIds(batcher.takeClosed())).toEqual(['i', 'j', 'k', 'l'])
  expect(toIds(batcher.takeClosed())).toEqual(['m', 'n', 'o', 'p'])
  for (const id of ['q', 'r', 's', 't', 'u']) add(id)
  expect(toIds(batcher.takeClosed())).toEqual(['q', 'r', 's', 't'])
})

test('a small batch that was refused without a culprit makes none smaller', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a', 'b', 'c')
  batcher.shrinkBelow(batcher.takeClosed() ?? [])
  addAll(batcher, 'd', 'e', 'f')
  expect(toIds(batcher.takeClosed())).toEqual(['d', 'e', 'f'])
})

test('two readings of one entity with other attributes travel as one', () => {
  const batcher = new Batcher(BOUNDS)
  const settled: string[] = []
  batcher.add(createTestParcel('a', { temperature: 1 }, () => settled.push('first')))
  batcher.add(createTestParcel('a', { humidity: 2 }, () => settled.push('second')))
  batcher.closeOpen(NOW)
  const [parcel, ...others] = batcher.takeClosed() ?? []
  expect(others).toEqual([])
  expect(JSON.parse(String(parcel?.json))).toMatchObject({
    id: 'a',
    temperature: { value: 1 },
    humidity: { value: 2 },
  })
  parcel?.settle({ kind: 'delivered' })
  expect(settled).toEqual(['first', 'second'])
})

test('a reading that repeats an attribute follows in a later batch', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a', 'a', 'b')
  batcher.closeOpen(NOW)
  const first = batcher.takeClosed() ?? []
  expect(toIds(first)).toEqual(['a', 'b'])
  batcher.closeOpen(NOW)
  expect(batcher.takeClosed()).toBeUndefined()
  batcher.release(first)
  batcher.closeOpen(NOW)
  expect(toIds(batcher.takeClosed())).toEqual(['a'])
})

test('an entity of a batch under way waits until that one is released, and others do not', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a')
  batcher.closeOpen(NOW)
  const first = batcher.takeClosed() ?? []
  addAll(batcher, 'a', 'b')
  batcher.closeOpen(NOW)
  expect(toIds(batcher.takeClosed())).toEqual(['b'])
  batcher.release(first)
  batcher.closeOpen(NOW)
  expect(toIds(batcher.takeClosed())).toEqual(['a'])
})

test('a batch that is put back is the next one again, and its entities stay under way', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a', 'b', 'c', 'd', 'e', 'f')
  const first = batcher.takeClosed() ?? []
  batcher.putBack(first)
  addAll(batcher, 'a')
  batcher.closeOpen(NOW)
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'b', 'c'])
  expect(toIds(batcher.takeClosed())).toEqual(['d', 'e', 'f'])
  expect(batcher.takeClosed()).toBeUndefined()
})

test('entities of different contexts travel apart, and each batch has room for as many as it may hold', () => {
  const batcher = new Batcher(BOUNDS)
  addOf(batcher, WEATHER, 'a', 'b')
  addOf(batcher, DEVICE, 'c', 'd')
  addOf(batcher, undefined, 'e')
  expect(batcher.takeClosed()).toBeUndefined()
  addOf(batcher, DEVICE, 'f')
  expect(toIds(batcher.takeClosed())).toEqual(['c', 'd', 'f'])
  expect(batcher.takeClosed()).toBeUndefined()
  batcher.closeOpen(NOW)
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'b'])
  expect(toIds(batcher.takeClosed())).toEqual(['e'])
})

test('the bytes of one context take no room from another', () => {
  const { length: bytes } = createTestParcel('a').json
  const batcher = new Batcher({ maxEntities: 100, maxBytes: 2 * bytes + 3 })
  addOf(batcher, WEATHER, 'a')
  addOf(batcher, DEVICE, 'b', 'c')
  addOf(batcher, WEATHER, 'd')
  expect(batcher.takeClosed()).toBeUndefined()
  addOf(batcher, WEATHER, 'e')
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'd'])
  expect(batcher.takeClosed()).toBeUndefined()
})

test('an entity that has other attributes under another context follows when the first is released', () => {
  const batcher = new Batcher(BOUNDS)
  batcher.add(createTestParcel('a', { temperature: 1 }, undefined, WEATHER))
  batcher.add(createTestParcel('a', { batteryLevel: 2 }, undefined, DEVICE))
  batcher.add(createTestParcel('a', { humidity: 3 }, undefined, WEATHER))
  const sent: unknown[] = []
  for (let round = 0; round < 3; round++) {
    batcher.closeOpen(NOW)
    const batch = batcher.takeClosed() ?? []
    expect(batcher.takeClosed()).toBeUndefined()
    sent.push(batch.map(({ context, attributes }) => [context, attributes]))
    batcher.release(batch)
  }
  expect(sent).toEqual([
    [[WEATHER, ['temperature']]],
    [[DEVICE, ['batteryLevel']]],
    [[WEATHER, ['humidity']]],
  ])
})

test('only the batches that waited long enough are closed, and the others tell since when they wait', () => {
  const batcher = new Batcher(BOUNDS)
  const take = (id: string, context: string, takenAt: number) =>
    batcher.add({ ...createTestParcel(id, undefined, undefined, context), takenAt })
  take('a', WEATHER, 20)
  take('b', DEVICE, 10)
  take('c', DEVICE, 30)
  expect(batcher.openSince).toBe(10)
  batcher.closeOpen(15)
  expect(toIds(batcher.takeClosed())).toEqual(['b', 'c'])
  expect(batcher.takeClosed()).toBeUndefined()
  expect(batcher.openSince).toBe(20)
  batcher.closeOpen(20)
  expect(toIds(batcher.takeClosed())).toEqual(['a'])
  expect(batcher.openSince).toBeUndefined()
})

test('a reading that waited behind one of its entity makes its new batch as old as itself', () => {
  const batcher = new Batcher(BOUNDS)
  batcher.add({ ...createTestParcel('a'), takenAt: 10 })
  batcher.closeOpen(NOW)
  const first = batcher.takeClosed() ?? []
  batcher.add({ ...createTestParcel('a'), takenAt: 20 })
  batcher.add({ ...createTestParcel('b'), takenAt: 30 })
  expect(batcher.openSince).toBe(30)
  batcher.release(first)
  expect(batcher.openSince).toBe(20)
})

type Command =
  | { readonly kind: 'add'; readonly id: string; readonly name: string; readonly context: string | undefined }
  | { readonly kind: 'close'; readonly ago: number }
  | { readonly kind: 'closeFollowers' }
  | { readonly kind: 'send' }
  | { readonly kind: 'release'; readonly which: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    name: fc.constantFrom('x', 'y'),
    context: fc.constantFrom(undefined, WEATHER, DEVICE),
  }),
  fc.record({ kind: fc.constant('close' as const), ago: fc.nat(3) }),
  fc.record({ kind: fc.constant('closeFollowers' as const) }),
  fc.record({ kind: fc.constant('send' as const) }),
  fc.record({ kind: fc.constant('release' as const), which: fc.nat(3) }),
)

const MAX_ENTITIES = 2

/** With the brackets and commas of a JSON array. */
function toBodyBytes(batch: readonly Parcel[]): number {
  return batch.reduce((bytes, { json }) => bytes + json.length + 1, 1)
}

/** A batcher with the simplest account of what was added and what arrived. */
class Run {
  readonly added = new Map<string, number>()
  readonly arrived = new Map<string, number>()
  readonly #maxBytes: number
  readonly #batcher: Batcher
  /** A clock that moves on with each reading. */
  #takenAt = 0
  readonly #underWay: (readonly Parcel[])[] = []

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#batcher = new Batcher({ maxEntities: MAX_ENTITIES, maxBytes })
  }

  perform(each: Command): void {
    if (each.kind === 'add') this.#add(each)
    if (each.kind === 'close') this.#batcher.closeOpen(this.#takenAt - each.ago)
    if (each.kind === 'closeFollowers') this.#batcher.closeFollowers()
    if (each.kind === 'send') this.#send()
    if (each.kind === 'release') this.#release(each.which)
  }

  /** Lets everything that is left arrive. */
  finish(): void {
    for (let round = 0; round < 200; round++) {
      this.#batcher.closeOpen(NOW)
      this.#send()
      this.#release(0)
    }
  }

  #add({ id, name, context }: Extract<Command, { kind: 'add' }>): void {
    const number = (this.added.get(id) ?? 0) + 1
    this.added.set(id, number)
    const settle = () => {
      expect(number).toBe((this.arrived.get(id) ?? 0) + 1)
      this.arrived.set(id, number)
    }
    this.#takenAt += 1
    const parcel = createTestParcel(id, { [name]: number }, settle, context)
    this.#batcher.add({ ...parcel, takenAt: this.#takenAt })
  }

  #send(): void {
    const batch = this.#batcher.takeClosed()
    if (batch === undefined) return
    const ids = [...this.#underWay, batch].flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(batch.map(({ context }) => context)).size).toBe(1)
    expect(batch.length).toBeLessThanOrEqual(MAX_ENTITIES)
    expect(toBodyBytes(batch)).toBeLessThanOrEqual(this.#maxBytes)
    this.#underWay.push(batch)
  }

  #release(which: number): void {
    const [batch = []] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    for (const { settle } of batch) settle({ kind: 'delivered' })
    this.#batcher.release(batch)
  }
}

test('whatever is added, closed and released: no entity twice at once, none out of order, none lost, one context in a batch', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), fc.constantFrom(150, 10_000), (commands, maxBytes) => {
      const run = new Run(maxBytes)
      for (const each of commands) run.perform(each)
      run.finish()
      expect(run.arrived).toEqual(run.added)
    }),
    { numRuns: 300 },
  )
})
