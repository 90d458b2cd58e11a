import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { HttpPost } from '../../src/uplink/http-post.ts'
import { judgeFailure } from '../../src/uplink/postponed.ts'
import { createDestination } from '../support/destination.ts'
import { startTcpServer, type TcpServer } from '../support/tcp-server.ts'

const SMALL = Buffer.from('[]')
const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n'

const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A server that treats connections in this way, and a request to it that is given up after 200 ms of anything. */
async function open(
  serve: (socket: Socket, connection: number) => void,
): Promise<{ readonly server: TcpServer; readonly send: (body?: Buffer) => Promise<unknown> }> {
  const server = await startTcpServer(serve)
  opened.push(server.close)
  return { server, send: createSend(server.url) }
}

function createSend(url: string, settings: object = {}): (body?: Buffer) => Promise<unknown> {
  const timeouts = { connect: '200ms', headers: '200ms', body: '200ms' }
  const destination = createDestination({ url, timeouts, concurrency: { max: 1 }, ...settings })
  const post = new HttpPost({ destination, headers: {} })
  opened.push(() => post.close())
  return (body = SMALL) => post.request({ method: 'POST', path: '/', body }).catch(judgeFailure)
}

function later(words: string) {
  return { kind: 'later', detail: expect.stringContaining(words) }
}

/** Answers each request of a connection, in one part each, with this. */
function answerEach(socket: Socket, text: string): void {
  socket.on('data', () => socket.write(text))
}

describe('T78: a broker that cannot be reached', () => {
  test.each([
    ['refuses the connection', 'http://127.0.0.1:1', 'ECONNREFUSED'],
    ['has a name that nobody knows', 'http://broker.invalid', 'broker.invalid'],
  ])('%s: nothing is lost', async (_case, url, words) => {
    expect(await createSend(url, { timeouts: { connect: '20s' } })()).toEqual(later(words))
  })
})

describe('T80: time-outs', () => {
  test('a broker that takes a request and says nothing is given up', async () => {
    const { send } = await open(socket => socket.resume())
    expect(await send()).toEqual(later('Headers Timeout Error'))
  })

  test('a broker that stops within the head of its answer is given up', async () => {
    const { send } = await open(socket => answerEach(socket, 'HTTP/1.1 204 No Con'))
    expect(await send()).toEqual(later('Headers Timeout Error'))
  })

  test('a broker that stops after the head is given up', async () => {
    const { send } = await open(socket => answerEach(socket, 'HTTP/1.1 207 x\r\nContent-Length: 50\r\n\r\n'))
    expect(await send()).toEqual(later('Body Timeout Error'))
  })

  test('a broker that answers a byte at a time is given up', async () => {
    const { send } = await open(socket => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 207 x\r\nContent-Length: 100000\r\n\r\n')
        const drip = setInterval(() => socket.write('x'), 20)
        socket.on('close', () => clearInterval(drip))
      })
    })
    expect(await send()).toEqual(later('expected the end of the answer within 200 ms'))
  })

  test('a broker that does not read the request is given up', async () => {
    const { send } = await open(socket => socket.pause())
    expect(await send(Buffer.alloc(20 * 1024 * 1024, ' '))).toEqual(later('Timeout Error'))
  })

  test('T82: a connection on which nothing comes any more is left, and the next request goes over another', async () => {
    const { server, send } = await open((socket, connection) => {
      if (connection === 1) socket.once('data', () => socket.write(NO_CONTENT))
      else answerEach(socket, NO_CONTENT)
    })
    expect(await send()).toMatchObject({ status: 204 })
    expect(await send()).toEqual(later('Headers Timeout Error'))
    expect(await send()).toMatchObject({ status: 204 })
    expect(server.connections).toBe(2)
  })
})

describe('T81: a connection that breaks', () => {
  test('between two requests costs nothing: the request goes at once over another', async () => {
    const { server, send } = await open((socket, connection) => {
      if (connection > 1) answerEach(socket, NO_CONTENT)
      else {
        socket.once('data', () => {
          socket.write(NO_CONTENT)
          socket.once('data', () => socket.resetAndDestroy())
        })
      }
    })
    expect(await send()).toMatchObject({ status: 204 })
    expect(await send()).toMatchObject({ status: 204 })
    expect(server.connections).toBe(2)
  })

  test.each([
    ['during a request', ''],
    ['in the head of an answer', 'HTTP/1.1 20'],
    ['in the middle of an answer', 'HTTP/1.1 207 x\r\nContent-Length: 50\r\n\r\n{"succ'],
  ])('%s is tried once more at once, and then left alone', async (_when, text) => {
    const { server, send } = await open(socket => {
      socket.once('data', () => {
        if (text === '') socket.resetAndDestroy()
        else socket.end(text)
      })
    })
    expect(await send()).toMatchObject({ kind: 'later' })
    expect(server.connections).toBe(2)
  })
})

describe('T89: an answer that is no answer', () => {
  test('with less in it than it announced confirms nothing', async () => {
    const { send } = await open(socket => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 207 x\r\nContent-Length: 500\r\n\r\n{"success":[],"errors":[]}'),
      )
    })
    expect(await send()).toMatchObject({ kind: 'later' })
  })

  test('that is no HTTP confirms nothing', async () => {
    const { send } = await open(socket => answerEach(socket, 'SSH-2.0-OpenSSH_9.6\r\n'))
    expect(await send()).toMatchObject({ kind: 'later' })
  })

  test('with a head without end is cut off', async () => {
    const { send } = await open(socket => {
      socket.once('data', () => {
        const pour = () => {
          while (socket.writable && socket.write(`X-More: ${'x'.repeat(4_000)}\r\n`)) {}
        }
        socket.write('HTTP/1.1 200 x\r\n')
        socket.on('drain', pour)
        pour()
      })
    })
    expect(await send()).toMatchObject({ kind: 'later' })
  })
})

describe('compression', () => {
  test('gzip is used where the destination says so, with a length and not in chunks', async () => {
    const heard: string[] = []
    const { server } = await open(socket => {
      socket.on('data', data => {
        heard.push(data.toString('latin1'))
        socket.write(NO_CONTENT)
      })
    })
    const send = createSend(server.url, { compression: 'gzip' })
    expect(await send(Buffer.alloc(10_000, ' '))).toMatchObject({ status: 204 })
    const head = heard.join('').split('\r\n\r\n')[0] ?? ''
    expect(head).toMatch(/^content-encoding: gzip$/im)
    expect(head).toMatch(/^content-length: \d{1,3}$/im)
    expect(head).not.toMatch(/transfer-encoding/i)
  })
})
