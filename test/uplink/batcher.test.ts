import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Batcher } from '../../src/uplink/batcher.ts'
import type { Parcel } from '../../src/uplink/parcel.ts'
import { createTestParcel } from '../support/entities.ts'

const BOUNDS = { maxEntities: 3, maxBytes: 10_000 }

function toIds(batch: readonly Parcel[] | undefined): readonly string[] | undefined {
  return batch?.map(({ id }) => id)
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

test('two readings of one entity with other attributes travel as one', () => {
  const batcher = new Batcher(BOUNDS)
  const settled: string[] = []
  batcher.add(createTestParcel('a', { temperature: 1 }, () => settled.push('first')))
  batcher.add(createTestParcel('a', { humidity: 2 }, () => settled.push('second')))
  batcher.closeOpen()
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
  batcher.closeOpen()
  const first = batcher.takeClosed() ?? []
  expect(toIds(first)).toEqual(['a', 'b'])
  batcher.closeOpen()
  expect(batcher.takeClosed()).toBeUndefined()
  batcher.release(first)
  batcher.closeOpen()
  expect(toIds(batcher.takeClosed())).toEqual(['a'])
})

test('an entity of a batch under way waits until that one is released, and others do not', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a')
  batcher.closeOpen()
  const first = batcher.takeClosed() ?? []
  addAll(batcher, 'a', 'b')
  batcher.closeOpen()
  expect(toIds(batcher.takeClosed())).toEqual(['b'])
  batcher.release(first)
  batcher.closeOpen()
  expect(toIds(batcher.takeClosed())).toEqual(['a'])
})

test('a batch that is put back is the next one again, and its entities stay under way', () => {
  const batcher = new Batcher(BOUNDS)
  addAll(batcher, 'a', 'b', 'c', 'd', 'e', 'f')
  const first = batcher.takeClosed() ?? []
  batcher.putBack(first)
  addAll(batcher, 'a')
  batcher.closeOpen()
  expect(toIds(batcher.takeClosed())).toEqual(['a', 'b', 'c'])
  expect(toIds(batcher.takeClosed())).toEqual(['d', 'e', 'f'])
  expect(batcher.takeClosed()).toBeUndefined()
})

type Command =
  | { readonly kind: 'add'; readonly id: string; readonly name: string }
  | { readonly kind: 'close' | 'send' }
  | { readonly kind: 'release'; readonly which: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    id: fc.constantFrom('a', 'b', 'c', 'd'),
    name: fc.constantFrom('x', 'y'),
  }),
  fc.record({ kind: fc.constantFrom('close' as const, 'send' as const) }),
  fc.record({ kind: fc.constant('release' as const), which: fc.nat(3) }),
)

/** A batcher with the simplest account of what was added and what arrived. */
class Run {
  readonly added = new Map<string, number>()
  readonly arrived = new Map<string, number>()
  readonly #batcher: Batcher
  readonly #underWay: (readonly Parcel[])[] = []

  constructor(maxBytes: number) {
    this.#batcher = new Batcher({ maxEntities: 2, maxBytes })
  }

  perform(each: Command): void {
    if (each.kind === 'add') this.#add(each.id, each.name)
    if (each.kind === 'close') this.#batcher.closeOpen()
    if (each.kind === 'send') this.#send()
    if (each.kind === 'release') this.#release(each.which)
  }

  /** Lets everything that is left arrive. */
  finish(): void {
    for (let round = 0; round < 200; round++) {
      this.#batcher.closeOpen()
      this.#send()
      this.#release(0)
    }
  }

  #add(id: string, name: string): void {
    const number = (this.added.get(id) ?? 0) + 1
    this.added.set(id, number)
    const settle = () => {
      expect(number).toBe((this.arrived.get(id) ?? 0) + 1)
      this.arrived.set(id, number)
    }
    this.#batcher.add(createTestParcel(id, { [name]: number }, settle))
  }

  #send(): void {
    const batch = this.#batcher.takeClosed()
    if (batch === undefined) return
    const ids = [...this.#underWay, batch].flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    this.#underWay.push(batch)
  }

  #release(which: number): void {
    const [batch = []] = this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1)
    for (const { settle } of batch) settle({ kind: 'delivered' })
    this.#batcher.release(batch)
  }
}

test('whatever is added, closed and released: no entity twice at once, none out of order, none lost', () => {
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
