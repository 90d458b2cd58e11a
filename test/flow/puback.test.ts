import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { takeIn } from '../../src/agent.ts'
import { configSchema } from '../../src/config/config.ts'
import { openTo } from '../../src/egress/egress.ts'
import type { WaysIn } from '../../src/ingest/ways-in.ts'
import { Journal } from '../../src/journal/journal.ts'
import { encodeConnect, encodePublish, RawClient } from '../ingest/raw-client.ts'
import { createCredentials, createRegistry, Observed } from '../ingest/test-ingest.ts'
import { getHeapBytes } from '../support/memory.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { connect as connectSensor } from '../support/sensor.ts'
import { until } from '../support/until.ts'

const TOPIC = 'tromost/six-1/up'
const PAYLOAD = 'x'.repeat(100)
const MIB = 1024 * 1024
/** The bound of what waits for a flush, plus what the collector and the sockets may hold besides. */
const HEAP_GROWTH_MAX = 24 * MIB
const FLOOD_BYTES_MAX = 64 * MIB
const NO_OTHER_WAYS = {
  ...{ measures: undefined, bridges: [], key: Buffer.alloc(32), onBridge: () => undefined },
  egress: openTo(),
}

let engine: MemoryEngine
let journal: Journal
let ingest: WaysIn

beforeEach(async () => {
  engine = new MemoryEngine()
  const bounds = { maxBytes: 1024 * MIB, retentionMs: 1_000, onFull: 'reject' as const, lanes: [] }
  journal = await Journal.open(engine, { ...bounds, isDiskFull: () => false }, () => {})
  ingest = await takeIn(journal, {
    mqtt: configSchema.parse({ mqtt: { listeners: [{ kind: 'tcp', port: 0 }] } }).mqtt,
    registry: createRegistry({ tenants: [{ id: 'kranj' }] }),
    credentials: createCredentials([{ username: 'gateway', publish: ['#'] }]),
    observer: new Observed(),
    ...NO_OTHER_WAYS,
  })
})

afterEach(async () => {
  engine.release()
  await ingest.close()
})

function getPort(): number {
  const port = ingest.listeners[0]?.port
  if (port === undefined) throw new Error('expected a listener')
  return port
}

function connectRaw(): Promise<RawClient> {
  return RawClient.connect(getPort())
}

test('a sensor gets its PUBACK after the flush, and none while the flush is held back', async () => {
  const login = { url: `mqtt://127.0.0.1:${getPort()}`, username: 'gateway', password: 'seven-bridges' }
  const sensor = await connectSensor(login)
  engine.hold()
  let isAcknowledged = false
  const published = sensor.publishAsync(TOPIC, PAYLOAD, { qos: 1 }).then(() => {
    isAcknowledged = true
  })
  const other = await connectSensor(login)
  expect(isAcknowledged).toBe(false)
  engine.release()
  await published
  expect(engine.commits).toBe(1)
  await Promise.all([sensor.endAsync(), other.endAsync()])
})

test('a sensor that floods while the flush is held back is not read any further, and the memory stays flat', async () => {
  const heapBefore = getHeapBytes()
  engine.hold()
  const flood = await openFlood()
  await until('the flood stops', flood.isStuck)
  expect(flood.getSentBytes()).toBeLessThan(FLOOD_BYTES_MAX)
  expect(getHeapBytes() - heapBefore).toBeLessThan(HEAP_GROWTH_MAX)
  expect(flood.isCutOff()).toBe(false)
  flood.stop()
})

test('with a journal that fails a sensor never gets a PUBACK, however often it comes back, and the memory stays flat', async () => {
  engine.fail(new Error('no space left on device'))
  const comeBack = async (round: number) => {
    const client = await connectRaw()
    client.send(encodeConnect('gateway', `round-${round}`))
    await until('the client is connected', () => client.isConnected)
    client.send(...Array.from({ length: 50 }, (_, index) => encodePublish(index + 1, TOPIC, PAYLOAD)))
    await until('the client is cut off', () => client.isClosed)
    expect(client.acknowledged).toEqual([])
  }
  for (let round = 0; round < 20; round++) await comeBack(round)
  const heapBefore = getHeapBytes()
  for (let round = 20; round < 120; round++) await comeBack(round)
  expect(getHeapBytes() - heapBefore).toBeLessThan(HEAP_GROWTH_MAX)
  expect(journal.getReceived('kranj')).toBe(0)
})

/** A client that writes as fast as the kernel takes it, and stops only when nobody reads. */
async function openFlood() {
  const socket = await new Promise<Socket>(resolve => {
    const opened = connect(getPort(), '127.0.0.1', () => resolve(opened))
  })
  socket.on('error', () => {})
  socket.write(encodeConnect('gateway', 'flood'))
  await once(socket, 'data')
  const block = Buffer.concat(
    Array.from({ length: 500 }, (_, index) => encodePublish(index + 1, TOPIC, PAYLOAD)),
  )
  let sentBytes = 0
  let isStopped = false
  let lastWrittenAt = Date.now()
  const pour = () => {
    if (isStopped || sentBytes > FLOOD_BYTES_MAX) return
    sentBytes += block.length
    socket.write(block, error => {
      if (error) isStopped = true
      lastWrittenAt = Date.now()
      pour()
    })
  }
  pour()
  return {
    getSentBytes: () => sentBytes,
    /** Nothing was taken for so long that nobody reads any more. */
    isStuck: () => sentBytes > FLOOD_BYTES_MAX || Date.now() - lastWrittenAt > 1_000,
    isCutOff: () => isStopped,
    stop: () => {
      isStopped = true
      socket.destroy()
    },
  }
}
