import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { type Listener, type ListenerOptions, openListener } from '../../src/ingest/listener.ts'
import { until } from '../support/until.ts'
import { RawClient } from './raw-client.ts'

/** Hands streams out as they come, and admits as many as it is told to. */
class Door {
  readonly streams: Duplex[] = []
  admitted = 0
  closedCount = 0
  room = Number.POSITIVE_INFINITY

  admit(): boolean {
    if (this.admitted >= this.room) return false
    this.admitted += 1
    return true
  }
  handle(stream: Duplex): void {
    stream.on('error', () => undefined)
    this.streams.push(stream)
  }
  closed(): void {
    this.closedCount += 1
  }
}

const RULES: ListenerOptions = {
  connectTimeoutMs: 10_000,
  handshakesMax: 100,
  getPsk: () => undefined,
  onRefused: () => undefined,
}

let door: Door
let listener: Listener

beforeEach(() => {
  door = new Door()
})

afterEach(() => listener.close())

describe('plain TCP', () => {
  beforeEach(async () => {
    listener = await openListener({ kind: 'tcp', host: '127.0.0.1', port: 0 }, door, RULES)
  })

  test('tells the port that it has taken', () => {
    expect(listener).toMatchObject({ kind: 'tcp', host: '127.0.0.1' })
    expect(listener.port).toBeGreaterThan(0)
  })

  test('hands every socket on, and tells when it is gone', async () => {
    const clients = [await RawClient.connect(listener.port), await RawClient.connect(listener.port)]
    await until('both are handed on', () => door.streams.length === 2)
    clients[0]?.destroy()
    await until('one is gone', () => door.closedCount === 1)
    expect(door.admitted).toBe(2)
  })

  test('never hands on a socket that was not admitted, nor tells of its end', async () => {
    door.room = 0
    const client = await RawClient.connect(listener.port)
    await until('it is cut off', () => client.isClosed)
    expect(door).toMatchObject({ streams: [], closedCount: 0 })
  })

  test('has the kernel look whether silent sensors are still there', async () => {
    const setKeepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive')
    await RawClient.connect(listener.port)
    await until('it is handed on', () => door.streams.length === 1)
    expect(setKeepAlive.mock.calls).toEqual([[true, 300_000]])
    setKeepAlive.mockRestore()
  })

  test('cuts its sockets when it closes', async () => {
    const client = await RawClient.connect(listener.port)
    await until('it is handed on', () => door.streams.length === 1)
    await listener.close()
    await until('it is cut off', () => client.isClosed)
    expect(door.closedCount).toBe(1)
  })
})

describe('WebSocket', () => {
  beforeEach(async () => {
    listener = await openListener({ kind: 'ws', host: '127.0.0.1', port: 0 }, door, RULES)
  })

  test('hands on a stream of what is in the frames', async () => {
    const socket = new WebSocket(toUrl('ws'), 'mqtt')
    await once(socket, 'open')
    await until('it is handed on', () => door.streams.length === 1)
    socket.send(Buffer.from('in '))
    socket.send(Buffer.from('pieces'))
    let text = ''
    door.streams[0]?.on('data', data => {
      text += data
    })
    await until('all is read', () => text === 'in pieces')
    socket.close()
    await until('the socket is gone', () => door.closedCount === 1)
  })

  test('names the subprotocol mqtt (MQTT-6.0.0-3), and no other', async () => {
    const socket = new WebSocket(toUrl('ws'), ['other', 'mqtt'])
    await once(socket, 'open')
    expect(socket.protocol).toBe('mqtt')
    socket.terminate()
    const stranger = new WebSocket(toUrl('ws'), ['other'])
    await expect(once(stranger, 'open')).rejects.toThrow(/400/)
  })

  test('tells a browser that does not ask for one to upgrade', async () => {
    const response = await fetch(toUrl('http'))
    expect(response.status).toBe(426)
    expect(response.headers.get('upgrade')).toBe('websocket')
  })

  test('cuts off who sends a frame that is larger than any should be', async () => {
    const socket = new WebSocket(toUrl('ws'), 'mqtt')
    socket.on('error', () => undefined)
    await once(socket, 'open')
    socket.send(Buffer.alloc(1024 * 1024 + 1))
    await once(socket, 'close')
    await until('the socket is gone', () => door.closedCount === 1)
  })

  test('never hands on a socket that was not admitted', async () => {
    door.room = 0
    const socket = new WebSocket(toUrl('ws'), 'mqtt')
    await expect(once(socket, 'open')).rejects.toThrow()
    expect(door).toMatchObject({ streams: [], closedCount: 0 })
  })

  test('cuts its sockets when it closes', async () => {
    const socket = new WebSocket(toUrl('ws'), 'mqtt')
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await listener.close()
    await closed
    expect(door.closedCount).toBe(1)
  })
})

function toUrl(protocol: 'ws' | 'http'): string {
  return `${protocol}://127.0.0.1:${listener.port}/`
}
