import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { until } from '../support/until.ts'
import { encodeConnect, encodePublish } from './raw-client.ts'
import { TestIngest } from './test-ingest.ts'

const CONNACK = '20020000'

let ingest: TestIngest
let socket: WebSocket
/** Each frame that came, as hexadecimal. */
let frames: string[]

beforeEach(async () => {
  ingest = await TestIngest.open({
    logins: [{ username: 'gateway', publish: ['#'] }],
    listeners: [
      { kind: 'ws', host: '127.0.0.1', port: 0 },
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
    ],
  })
  frames = []
  socket = new WebSocket(`ws://127.0.0.1:${ingest.port('ws')}`, 'mqtt')
  socket.on('message', (data: Buffer) => frames.push(data.toString('hex')))
  await once(socket, 'open')
})

afterEach(async () => {
  socket.terminate()
  await ingest.close()
})

describe('frames', () => {
  test('each packet of the agent is one of its own', async () => {
    socket.send(encodeConnect('gateway', 'c1'))
    await until('the CONNACK is there', () => frames.length === 1)
    socket.send(encodePublish(7, 'a'))
    await until('the PUBACK is there', () => frames.length === 2)
    expect(frames).toEqual([CONNACK, '40020007'])
  })

  test('a packet may come in any number of them', async () => {
    for (const byte of encodeConnect('gateway', 'c1')) socket.send(Buffer.from([byte]))
    for (const byte of encodePublish(7, 'a', 'payload')) socket.send(Buffer.from([byte]))
    await until('the PUBACK is there', () => frames.join('').endsWith('40020007'))
    expect(ingest.held.messages).toMatchObject([{ topic: 'a', payload: Buffer.from('payload') }])
  })

  test('one may hold any number of packets, whole or not', async () => {
    const packets = Buffer.concat([
      encodeConnect('gateway', 'c1'),
      ...Array.from({ length: 30 }, (_, index) => encodePublish(index + 1, `topic/${index + 1}`)),
    ])
    socket.send(packets.subarray(0, 100))
    socket.send(packets.subarray(100))
    const expected = CONNACK + Array.from({ length: 30 }, (_, index) => toPuback(index + 1)).join('')
    await until('all are answered', () => frames.join('').length === expected.length)
    expect(frames.join('')).toBe(expected)
  })

  test('one of text ends the connection (MQTT-6.0.0-1)', async () => {
    socket.send(encodeConnect('gateway', 'c1'))
    await until('the CONNACK is there', () => frames.length === 1)
    const closed = once(socket, 'close')
    socket.send(encodePublish(7, 'a').toString('latin1'))
    await closed
    expect(frames).toEqual([CONNACK])
    expect(ingest.held.messages).toEqual([])
  })
})

test('a client that is cut off leaves its will, and its place', async () => {
  const will = { topic: 'gone', payload: Buffer.from('x'), qos: 1 as const, retain: false }
  const client = await ingest.connect('gateway', { protocol: 'ws', will })
  client.cut()
  await until('the will is stored', () => ingest.held.topics.includes('gone'))
  await until('only the first socket is left', () => ingest.observed.openSockets === 1)
})

test('a connection that the agent ends is ended for the client too', async () => {
  const first = await ingest.connect('gateway', { protocol: 'ws', clientId: 'same' })
  await ingest.connect('gateway', { protocol: 'ws', clientId: 'same' })
  await first.closed()
})

function toPuback(id: number): string {
  return `4002${id.toString(16).padStart(4, '0')}`
}
