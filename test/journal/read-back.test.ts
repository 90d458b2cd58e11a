import { beforeEach, expect, test } from '@jest/globals'
import { ChunkWriter } from '../../src/journal/chunk.ts'
import { readBack } from '../../src/journal/read-back.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { createMessage } from '../support/messages.ts'

let engine: MemoryEngine
let next: number

beforeEach(() => {
  engine = new MemoryEngine()
  next = 0
})

/** A chunk of so many messages, whose payloads are their positions. */
async function store(count: number, storedAt: number): Promise<void> {
  const writer = new ChunkWriter()
  const position = next
  for (let index = 0; index < count; index++, next++) {
    writer.append(createMessage({ payload: Buffer.from(`${next}`) }))
  }
  await engine.commit([{ table: 'chunks', key: ['kranj', position], value: writer.finish(storedAt) }])
}

async function read(before: number, most = 100, since = 0): Promise<readonly number[]> {
  const messages = await readBack(engine, 'kranj', { before, most, since })
  return messages.map(({ payload }) => Number(payload))
}

test('messages before a position come oldest first, as many as wanted, also from the middle of a chunk', async () => {
  for (let count = 0; count < 40; count++) await store(3, count)
  expect(await read(120, 5)).toEqual([115, 116, 117, 118, 119])
  expect(await read(7)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(await read(119, 100)).toEqual(Array.from({ length: 100 }, (_, index) => index + 19))
  expect(await read(0)).toEqual([])
})

test('what was stored before a time is left where it is', async () => {
  for (let storedAt = 0; storedAt < 5; storedAt++) await store(2, storedAt)
  expect(await read(10, 100, 3)).toEqual([6, 7, 8, 9])
})

test('a chunk that a bad disk changed is passed over', async () => {
  for (let storedAt = 0; storedAt < 3; storedAt++) await store(2, 9)
  engine.corrupt('chunks', ['kranj', 2], value => {
    value.writeUInt8(value.readUInt8(30) ^ 1, 30)
    return value
  })
  expect(await read(6)).toEqual([0, 1, 4, 5])
})

test('what retention has removed is not there', async () => {
  for (let storedAt = 0; storedAt < 3; storedAt++) await store(2, 9)
  await engine.commit([{ table: 'chunks', key: ['kranj', 0] }])
  expect(await read(5)).toEqual([2, 3, 4])
})
