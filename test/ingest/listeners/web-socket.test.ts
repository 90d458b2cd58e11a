import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { WebSocket } from 'ws'
import { listenerSchema } from '../../../src/config/listener.ts'
import type { MqttLimits } from '../../../src/config/mqtt-limits.ts'
import { until } from '../../support/until.ts'
import { TestIngest } from '../test-ingest.ts'

const UPGRADE = [
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n',
].join('')

let ingest: TestIngest

afterEach(() => ingest.close())

function refusals(): readonly string[] {
  return ingest.observed.refusals.map(({ code, detail }) => `${code} ${detail.replace(/^.*?: /, '')}`)
}

describe('a WebSocket', () => {
  function ask(path: string, protocol = 'mqtt', headers: Record<string, string> = {}): Promise<string> {
    const socket = new WebSocket(`ws://127.0.0.1:${ingest.port('ws')}${path}`, protocol, { headers })
    return new Promise(resolve => {
      socket.once('open', () => {
        socket.terminate()
        resolve('open')
      })
      socket.once('error', ({ message }) => resolve(message.replace('Unexpected server response: ', '')))
    })
  }

  async function open(raw: object = {}, limits: Partial<MqttLimits> = {}): Promise<void> {
    const listener = listenerSchema.parse({ kind: 'ws', port: 0, ...raw })
    ingest = await TestIngest.open({ logins: [{ username: 'plain' }], listeners: [listener], limits })
  }

  test('is opened on its path alone', async () => {
    await open({ path: '/mqtt' })
    expect([await ask('/mqtt'), await ask('/mqtt?a=b'), await ask('/'), await ask('/mqtt/')]).toEqual([
      ...['open', 'open', '404', '404'],
    ])
    expect(refusals()).toEqual([
      'WEB_SOCKET_REFUSED expected the path /mqtt, got "/"',
      'WEB_SOCKET_REFUSED expected the path /mqtt, got "/mqtt/"',
    ])
  })

  test('has its time for the CONNECT from its socket on, not from its upgrade', async () => {
    await open({}, { connectTimeout: 3_600_000 })
    const socket = connect(ingest.port('ws'), '127.0.0.1')
    const closed = once(socket, 'close')
    socket.resume()
    await until('it is taken', () => ingest.observed.openSockets === 1)
    const now = performance.now()
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now + 3_600_000)
    socket.write(UPGRADE)
    await closed
    clock.mockRestore()
    expect(ingest.observed.refusals.map(({ code }) => code)).toEqual(['CONNECT_TIMEOUT'])
  })

  test('is opened for pages of its origins, and for programs that are no browser', async () => {
    await open({ origins: ['https://map.example.org'] })
    expect(await ask('/', 'mqtt', { Origin: 'https://map.example.org' })).toBe('open')
    expect(await ask('/', 'mqtt', { Origin: 'https://map.example.org.evil.example' })).toBe('403')
    expect(await ask('/')).toBe('open')
  })

  test('is opened for any page where nothing is said, since a page has no login by itself', async () => {
    await open()
    expect(await ask('/', 'mqtt', { Origin: 'https://anywhere.example' })).toBe('open')
  })

  test('is opened for no page where nobody needs a login', async () => {
    await open({ auth: 'none', anonymousAs: 'kranj/plain' })
    expect(await ask('/', 'mqtt', { Origin: 'https://anywhere.example' })).toBe('403')
    expect(await ask('/')).toBe('open')
  })

  test('has to be one of MQTT', async () => {
    await open()
    expect(await ask('/', 'chat')).toBe('400')
    expect(refusals()).toEqual([
      'WEB_SOCKET_REFUSED expected the subprotocol mqtt (MQTT-6.0.0-3), got "chat"',
    ])
  })

  test('that sends text is closed with a reason (MQTT-6.0.0-1)', async () => {
    await open()
    const socket = new WebSocket(`ws://127.0.0.1:${ingest.port('ws')}`, 'mqtt')
    socket.once('open', () => socket.send('text'))
    await new Promise(resolve => socket.once('close', resolve))
    expect(refusals()).toEqual(['WEB_SOCKET_REFUSED expected binary frames, got one of text'])
  })

  test('that is asked for and never comes is given up in time', async () => {
    const listener = listenerSchema.parse({ kind: 'ws', port: 0 })
    ingest = await TestIngest.open({ logins: [], listeners: [listener], limits: { connectTimeout: 200 } })
    const socket = connect(ingest.port('ws'), '127.0.0.1')
    socket.on('error', () => undefined).resume()
    socket.write('GET / HTTP/1.1\r\n')
    await until('it is closed', () => socket.destroyed)
    expect(refusals()).toEqual(['CONNECT_TIMEOUT expected to be through within 200 ms'])
  })
})
