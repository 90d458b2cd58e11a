import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { RawClient } from '../ingest/raw-client.ts'
import { TestIngest } from '../ingest/test-ingest.ts'
import { getHeapBytes } from '../support/memory.ts'
import { until } from '../support/until.ts'
import { fuzz, TIMEOUT_MS } from './fuzz.ts'
import type { Random } from './random.ts'
import { spoilStream } from './streams.ts'

const TOGETHER = 20
const TOPIC = 'tromost/dev/up'
const HEAP_GROWTH_MAX = 100 * 1024 * 1024

let ingest: TestIngest

beforeAll(async () => {
  ingest = await TestIngest.open({
    logins: [
      { username: 'gateway', publish: ['tromost/#'], subscribe: ['tromost/#'] },
      { username: 'healthy', publish: ['#'] },
    ],
    // The healthy one comes back more often than a sensor that is well.
    limits: { reconnects: 0 },
  })
})

afterAll(() => ingest.close())

const make = (random: Random): readonly Buffer[] =>
  Array.from({ length: TOGETHER }, () => spoilStream(random, 'gateway', TOPIC))

/** All of it is read and answered or closed; nothing gets in that may not; and who does nothing wrong is served. */
async function hold(streams: readonly Buffer[]): Promise<void> {
  const clients = await Promise.all(streams.map(() => RawClient.connect(ingest.port())))
  for (const [at, client] of clients.entries()) client.send(streams[at] ?? Buffer.alloc(0))
  const healthy = await ingest.connect('healthy', { clientId: 'healthy' })
  await healthy.publish('quite/healthy', 'x')
  await healthy.close()
  const odd = ingest.held.topics.find(topic => !/^(?:tromost\/[^+#\0]*|tromost|quite\/healthy)$/.test(topic))
  if (odd !== undefined) throw new Error(`the topic ${JSON.stringify(odd)} was let in`)
  ingest.held.messages.length = 0
  for (const client of clients) client.destroy()
  await until('all sockets are gone', () => ingest.observed.openSockets === 0)
}

test(
  'whatever bytes a client sends, the broker stays, and serves whoever does nothing wrong',
  async () => {
    const before = getHeapBytes()
    const show = (streams: readonly Buffer[]) => streams.map(stream => stream.toString('hex')).join('\n')
    const rounds = await fuzz({ share: 0.15, rounds: 15, make, hold, show })
    expect(rounds).toBeGreaterThan(0)
    expect(getHeapBytes() - before).toBeLessThan(HEAP_GROWTH_MAX)
  },
  TIMEOUT_MS,
)
