import { beforeEach, expect, test } from '@jest/globals'
import { ChunkWriter } from '../../src/journal/chunk.ts'
import { readMessagesOfDevice } from '../../src/journal/messages-of-device.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { createMessage } from '../support/messages.ts'

let engine: MemoryEngine
let next: number

beforeEach(() => {
  engine = new MemoryEngine()
  next = 0
})

/** One record of the tenant kranj, with a message of each device. */
async function store(devices: readonly string[], payload = Buffer.from('x')): Promise<void> {
  const writer = new ChunkWriter()
  for (const device of devices) writer.append(createMessage({ device, payload }))
  await engine.commit([{ table: 'chunks', key: ['kranj', next], value: writer.finish(1_000 + next) }])
  next += devices.length
}

async function read(device: string, limit = 10) {
  const { messages, ...found } = await readMessagesOfDevice(engine, { tenant: 'kranj', device, limit })
  return { positions: messages.map(({ position }) => position), ...found }
}

test('messages of one device come newest first, over all records, with the time at which they were stored', async () => {
  await store(['a', 'b', 'a'])
  await store(['b', 'a'])
  const { messages } = await readMessagesOfDevice(engine, { tenant: 'kranj', device: 'a', limit: 10 })
  expect(messages).toMatchObject([
    { position: 4, storedAt: 1_003, message: { device: 'a' } },
    { position: 2, storedAt: 1_000, message: { device: 'a' } },
    { position: 0, storedAt: 1_000, message: { device: 'a' } },
  ])
  expect(await read('b')).toEqual({ positions: [3, 1], scanned: 5, isComplete: true })
  expect(await read('c')).toEqual({ positions: [], scanned: 5, isComplete: true })
})

test('no more are looked for than are wanted', async () => {
  await store(['a', 'a'])
  await store(['a', 'a'])
  expect(await read('a', 1)).toEqual({ positions: [3], scanned: 2, isComplete: true })
})

test('the journal of another tenant is not looked at', async () => {
  await store(['a'])
  expect(await readMessagesOfDevice(engine, { tenant: 'kra', device: 'a', limit: 1 })).toMatchObject({
    scanned: 0,
  })
})

test('a record that cannot be read is passed over', async () => {
  await store(['a'])
  await engine.commit([{ table: 'chunks', key: ['kranj', 1], value: Buffer.from('broken') }])
  next = 2
  await store(['a'])
  expect(await read('a')).toEqual({ positions: [2, 0], scanned: 2, isComplete: true })
})

test('the search ends after 32 MiB and says so', async () => {
  await store(['a'])
  for (let count = 0; count < 4; count += 1) await store(['b'], Buffer.alloc(9 * 1024 * 1024))
  expect(await read('a')).toEqual({ positions: [], scanned: 4, isComplete: false })
})
