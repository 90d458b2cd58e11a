import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ListenerConfig } from '../../src/config/config.ts'
import { until } from '../support/until.ts'
import { RawClient } from './raw-client.ts'
import { TestIngest } from './test-ingest.ts'

const LOGINS = [{ username: 'gateway', publish: ['#'] }]
const TCP: ListenerConfig = { kind: 'tcp', host: '127.0.0.1', port: 0 }
const WS: ListenerConfig = { kind: 'ws', host: '127.0.0.1', port: 0 }

describe('the listeners', () => {
  test('are all open at once, each on a port of its own, and lead to one broker', async () => {
    const ingest = await TestIngest.open({ logins: LOGINS, listeners: [TCP, WS, TCP] })
    const [tcp, ws] = [await ingest.connect('gateway'), await ingest.connect('gateway', { protocol: 'ws' })]
    await tcp.publish('a')
    await ws.publish('b')
    expect(ingest.held.topics).toEqual(['a', 'b'])
    expect(ingest.observed.openSockets).toBe(2)
    await ingest.close()
  })

  test('close with all that are connected, and their ports are free again', async () => {
    const ingest = await TestIngest.open({ logins: LOGINS, listeners: [TCP, WS] })
    const ports = [ingest.port('tcp'), ingest.port('ws')]
    const clients = [await ingest.connect('gateway'), await ingest.connect('gateway', { protocol: 'ws' })]
    const silent = await RawClient.connect(ingest.port())
    await ingest.close()
    await until('all are cut off', () => silent.isClosed && clients.every(client => !client.isConnected))
    for (const port of ports) await closeServer(await occupy(port))
  })
})

describe('a port that is taken', () => {
  let occupant: Server
  let free = 0
  let taken = 0

  beforeEach(async () => {
    occupant = await occupy(0)
    taken = getPort(occupant)
    const other = await occupy(0)
    free = getPort(other)
    await closeServer(other)
  })

  afterEach(() => closeServer(occupant))

  test.each([
    ['tcp', TCP, TCP],
    ['ws', TCP, WS],
    ['tcp', WS, TCP],
  ] as const)(
    'is told as %s with its address, and closes what was opened before',
    async (kind, first, second) => {
      const listeners = [
        { ...first, port: free },
        { ...second, port: taken },
      ]
      await expect(TestIngest.open({ logins: LOGINS, listeners })).rejects.toMatchObject({
        code: 'LISTENER_FAILED',
        detail: expect.stringMatching(new RegExp(`^mqtt ${kind} 127\\.0\\.0\\.1:${taken}: .*EADDRINUSE`)),
      })
      await closeServer(await occupy(free))
    },
  )
})

describe('the limit of connections', () => {
  test('closes one more at once, and leaves those that are there', async () => {
    const ingest = await TestIngest.open({ logins: LOGINS, listeners: [TCP, WS], limits: { connections: 2 } })
    const first = await ingest.connect('gateway')
    const second = await ingest.connect('gateway', { protocol: 'ws' })
    await expect(ingest.connect('gateway')).rejects.toThrow()
    await expect(ingest.connect('gateway', { protocol: 'ws' })).rejects.toThrow()
    expect(ingest.observed.openSockets).toBe(2)
    await Promise.all([first.publish('a'), second.publish('b')])
    await ingest.close()
  })

  test('counts sockets, not sessions: who leaves makes room', async () => {
    const ingest = await TestIngest.open({ logins: LOGINS, limits: { connections: 1 } })
    const silent = await RawClient.connect(ingest.port())
    await until('the socket is counted', () => ingest.observed.openSockets === 1)
    await expect(ingest.connect('gateway')).rejects.toThrow()
    silent.destroy()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    await expect(ingest.connect('gateway')).resolves.toMatchObject({ isConnected: true })
    await ingest.close()
  })
})

test('a client that does not say who it is in time is cut off', async () => {
  const ingest = await TestIngest.open({ logins: LOGINS, limits: { connectTimeout: 50 } })
  const silent = await RawClient.connect(ingest.port())
  await until('it is cut off', () => silent.isClosed)
  await until('its place is free', () => ingest.observed.openSockets === 0)
  await ingest.close()
})

test('a client that speaks something else is cut off, and the others do not notice', async () => {
  const ingest = await TestIngest.open({ logins: LOGINS })
  const client = await ingest.connect('gateway')
  for (const nonsense of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\0', '\x10\xff\xff\xff\xff\x7f', '\x30\x02\0\0']) {
    const stranger = await RawClient.connect(ingest.port())
    stranger.send(Buffer.from(nonsense, 'latin1'))
    await until('it is cut off', () => stranger.isClosed)
  }
  await client.publish('a')
  await ingest.close()
})

function occupy(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function getPort(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function closeServer(server: Server): Promise<void> {
  return new Promise(resolve => server.close(() => resolve()))
}
