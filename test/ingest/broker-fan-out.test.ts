import { createServer, type Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { Broker } from '../../src/ingest/broker.ts'
import { until } from '../support/until.ts'
import { TestClient } from './test-client.ts'
import { createCredentials, createLimits, createRegistry, HeldStore, Observed } from './test-ingest.ts'

const SPEAKER = { username: 'speaker', publish: ['#'] }
const LISTENER = { username: 'listener', subscribe: ['news/#'] }

test('the fan-out of the broker is spared for what nobody hears, and done for what somebody hears or what is retained', async () => {
  const broker = await openBroker([SPEAKER, LISTENER])
  try {
    const speaker = await TestClient.connect(broker.url, { username: 'speaker' })
    const listener = await TestClient.connect(broker.url, { username: 'listener' })
    await speaker.publish('news/sport', '1')
    await listener.subscribe('news/#')
    await speaker.publish('news/sport', '2')
    await speaker.publish('weather', '3')
    await speaker.publish('weather', '4', { retain: true })
    await listener.unsubscribe('news/#')
    await speaker.publish('news/sport', '5')
    await listener.subscribe('news/#')
    await speaker.publish('news/sport', '6')
    await listener.end()
    await until('the broker has noticed', () => broker.getSocketCount() === 1)
    await speaker.publish('news/sport', '7')
    expect(broker.fannedOut).toEqual(['2', '4', '6'])
    expect(broker.stored).toHaveLength(7)
  } finally {
    await broker.close()
  }
})

test('the fan-out of the broker is done for a session that waits, and spared when that is given up', async () => {
  const broker = await openBroker([SPEAKER, LISTENER])
  try {
    const speaker = await TestClient.connect(broker.url, { username: 'speaker' })
    const kept = { username: 'listener', clientId: 'kept', clean: false }
    const listener = await TestClient.connect(broker.url, kept)
    await listener.subscribe('news/#')
    await listener.end()
    await until('the broker has noticed', () => broker.getSocketCount() === 1)
    await speaker.publish('news/sport', '1')
    await (await TestClient.connect(broker.url, { ...kept, clean: true })).end()
    await speaker.publish('news/sport', '2')
    expect(broker.fannedOut).toEqual(['1'])
  } finally {
    await broker.close()
  }
})

/** The broker itself behind one port, with all that went through its fan-out. */
async function openBroker(logins: Parameters<typeof createCredentials>[0]) {
  const held = new HeldStore()
  const fannedOut: string[] = []
  const sockets = new Set<Socket>()
  const broker = await Broker.open({
    limits: createLimits(),
    registry: createRegistry({ tenants: [{ id: 'kranj' }] }),
    credentials: createCredentials(logins),
    store: held.store,
    passAfter: (_tenant, done) => done(),
    observer: new Observed(),
  })
  broker.aedes.on('publish', ({ topic, payload }, client) => {
    if (client !== null && !topic.startsWith('$')) fannedOut.push(payload.toString())
  })
  const server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket, { address: '127.0.0.1' })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('expected an address')
  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    fannedOut,
    stored: held.messages,
    getSocketCount: () => sockets.size,
    close: async () => {
      await broker.close()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
