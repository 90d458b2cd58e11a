import { beforeEach, expect, test } from '@jest/globals'
import { createBirthChange, expireBirths, loadBirths } from '../../src/journal/births.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

let engine: MemoryEngine

beforeEach(() => {
  engine = new MemoryEngine()
})

/** Births as `<name>@<position>`. */
async function keep(...births: readonly string[]): Promise<void> {
  await engine.commit(
    births.map(birth => {
      const [name = '', position] = birth.split('@')
      return createBirthChange('kranj', {
        of: ['g', name],
        position: Number(position),
        value: Buffer.from(birth),
      })
    }),
  )
}

async function load(before: number): Promise<readonly string[]> {
  return (await loadBirths(engine, 'kranj', before)).map(({ value }) => value.toString())
}

/** The journal begins with a chunk at this position. */
async function beginJournal(position: number): Promise<void> {
  await engine.commit([{ table: 'chunks', key: ['kranj', position], value: Buffer.alloc(1) }])
}

test('of each name the last birth before a position holds, in the order of positions', async () => {
  await keep('a@9', 'a@10', 'a@100', 'b@5', 'b@99', 'c@50')
  expect(await load(100)).toEqual(['a@10', 'c@50', 'b@99'])
  expect(await load(101)).toEqual(['c@50', 'b@99', 'a@100'])
  expect(await load(10)).toEqual(['b@5', 'a@9'])
  expect(await load(0)).toEqual([])
})

test('a lane that begins with what is left of the journal knows what was said before that', async () => {
  await keep('a@9', 'a@200')
  await beginJournal(150)
  expect(await load(0)).toEqual(['a@9'])
})

test('births of another tenant are its own', async () => {
  await keep('a@9')
  expect(await loadBirths(engine, 'bled', 100)).toEqual([])
})

test('more births than one page of the store are all found', async () => {
  const names = Array.from({ length: 600 }, (_, index) => `n${index}@${index}`)
  await keep(...names)
  expect(await load(1_000)).toEqual(names)
})

test('a birth goes when another one followed it before the oldest message of the journal', async () => {
  await keep('a@1', 'a@2', 'a@3', 'a@9', 'b@1', 'c@3', 'c@4')
  await beginJournal(4)
  await expireBirths(engine, 'kranj')
  const left = await engine.range('births', { within: ['kranj'], from: ['kranj'], limit: 100 })
  expect(left.map(({ value }) => value.toString())).toEqual(['a@3', 'a@9', 'b@1', 'c@3', 'c@4'])
})

test('with an empty journal the last birth of each name stays', async () => {
  await keep('a@1', 'a@2', 'b@1')
  await expireBirths(engine, 'kranj')
  expect(await load(100)).toEqual(['b@1', 'a@2'])
})
