import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { TromostError } from '../../../src/errors.ts'
import { until } from '../../support/until.ts'
import { TestMeasures } from './test-measures.ts'

const JSON_TYPE = 'application/json'
const KEYS = 'k=own&i=dev'

let measures: TestMeasures

beforeEach(async () => {
  measures = await TestMeasures.open({ packetBytes: '1KiB' })
})

afterEach(() => measures.close())

function stored() {
  return measures.held.messages.map(({ topic, payload }) => [topic, payload.toString()])
}

describe('a measure becomes the message that the sensor would have published over MQTT', () => {
  test.each([
    ['/iot/json?k=own&i=dev', JSON_TYPE, '{"t":1}', '/json/own/dev/attrs', '{"t":1}'],
    [
      '/iot/json/?i=dev&k=own',
      'application/json; charset=utf-8',
      '[{"t":1}]',
      '/json/own/dev/attrs',
      '[{"t":1}]',
    ],
    ['/iot/json?k=own&i=dev', 'application/senml+json', '[]', '/json/own/dev/attrs', '[]'],
    ['/iot/json/attrs/t?k=own&i=dev', JSON_TYPE, '21.50', '/json/own/dev/attrs/t', '21.50'],
    ['/iot/json/attrs/air%20temp?k=own&i=dev', 'text/plain', 'on', '/json/own/dev/attrs/air temp', 'on'],
    ['/iot/d?k=own&i=dev', 'text/plain', 't|1#t|2', '/ul/own/dev/attrs', 't|1#t|2'],
    ['/iot/d/attrs/t?k=own&i=dev', 'text/plain', '3', '/ul/own/dev/attrs/t', '3'],
  ])('POST %s as %s', async (path, type, body, topic, payload) => {
    expect(await measures.send(path, { type, body })).toMatchObject({ status: 200 })
    expect(stored()).toEqual([[topic, payload]])
    expect(measures.held.messages[0]).toMatchObject({ tenant: 'kranj', device: 'dev', qos: 1 })
  })

  test.each([
    ['/iot/json?k=own&i=dev&d=%7B%22t%22%3A1%7D', '/json/own/dev/attrs', '{"t":1}'],
    ['/iot/d?k=own&i=dev&d=t%7C1%7Ch%7C2', '/ul/own/dev/attrs', 't|1|h|2'],
  ])('GET %s', async (path, topic, payload) => {
    expect(await measures.send(path, { method: 'GET' })).toMatchObject({ status: 200 })
    expect(stored()).toEqual([[topic, payload]])
  })

  test.each([
    'k=$tromost&i=dev',
    'k=own&i=$tromost%2Fdevice-status%2Fdev',
    'k=own&i=$tromost/device-status/dev',
  ])('and never one of the agent’s own, such as by %s', async query => {
    await measures.send(`/iot/json?${query}`, { type: JSON_TYPE, body: '{"state":"ok"}' })
    await measures.send(`/iot/json/attrs/..%2F$tromost?${query}`, { type: JSON_TYPE, body: '1' })
    expect(measures.held.messages).toEqual([])
  })

  test('bytes are kept as they came, also those that are no text', async () => {
    const body = Buffer.from([0x00, 0xff, 0x1f])
    await measures.send('/iot/json/attrs/frame?k=own&i=dev', { type: 'application/octet-stream', body })
    expect(measures.held.messages[0]?.payload).toEqual(body)
  })

  test('JSON is answered by an empty object, Ultralight by nothing', async () => {
    const json = await measures.send(`/iot/json?${KEYS}`, { type: JSON_TYPE, body: '{}' })
    expect(json).toMatchObject({ status: 200, type: JSON_TYPE, body: '{}' })
    const ultralight = await measures.send(`/iot/d?${KEYS}`, { type: 'text/plain', body: 't|1' })
    expect(ultralight).toMatchObject({ status: 200, body: '' })
  })

  test('a client that asks for commands gets none, and nothing is stored', async () => {
    const answer = await measures.send(`/iot/json?${KEYS}&getCmd=1`, { method: 'GET' })
    expect(answer).toMatchObject({ status: 200, body: '{}' })
    expect(stored()).toEqual([])
  })
})

describe('the answer', () => {
  test('comes when the message is on disk, and not before', async () => {
    measures.held.hold()
    let isAnswered = false
    const answer = measures.send(`/iot/json?${KEYS}`, { body: '{"t":1}' }).then(got => {
      isAnswered = true
      return got
    })
    await until('the message is handed on', () => measures.held.messages.length === 1)
    // Another request, there and back, while the first one waits.
    await measures.send(`/iot/json?${KEYS}`, { body: '' })
    expect(isAnswered).toBe(false)
    measures.held.answer()
    expect(await answer).toMatchObject({ status: 200 })
    expect(measures.observed).toMatchObject({ storedCount: 1, receivedByQos: [0, 1, 0] })
  })

  test.each(['JOURNAL_FULL', 'JOURNAL_FAILED', 'DISK_FULL'] as const)(
    'is 503 with Retry-After when the journal does not keep the message: %s',
    async code => {
      measures.held.hold()
      const answer = measures.send(`/iot/json?${KEYS}`, { body: '{"t":1}' })
      await until('the message is handed on', () => measures.held.messages.length === 1)
      measures.held.answer(new TromostError(code, 'no room'))
      const { status, type, headers, body } = await answer
      expect({ status, type, retryAfter: headers['retry-after'], ...JSON.parse(body) }).toEqual({
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        code,
        detail: 'no room',
        retryAfter: '5',
      })
      expect(type).toBe('application/problem+json')
      expect(measures.observed.refusals).toEqual([{ code, detail: 'no room' }])
    },
  )
})

describe('a request that is not understood is refused, and nothing of it is kept', () => {
  test.each([
    [
      404,
      'POST',
      '/iot/xml?k=own&i=dev',
      JSON_TYPE,
      '{}',
      'expected /iot/json, /iot/d or either with /attrs/<name>',
    ],
    [404, 'POST', '/iot/json/commands?k=own&i=dev', JSON_TYPE, '{}', 'expected /iot/json, /iot/d'],
    [405, 'PUT', '/iot/json?k=own&i=dev', JSON_TYPE, '{}', 'expected POST or GET, got PUT'],
    [405, 'GET', '/iot/json/attrs/t?k=own&i=dev&d=1', '', '', 'expected POST, got GET'],
    [400, 'POST', '/iot/json?k=own', JSON_TYPE, '{}', 'i: expected the id of a device, got nothing'],
    [
      400,
      'POST',
      '/iot/json?k=own&i=a%2Fb',
      JSON_TYPE,
      '{}',
      'i: expected the id of a device, got what cannot be one',
    ],
    [400, 'POST', '/iot/json?i=dev', JSON_TYPE, '{}', 'k: expected an API key, got nothing'],
    [400, 'POST', '/iot/json?k=own&i=dev', JSON_TYPE, '', 'expected a measure, got nothing'],
    [400, 'GET', '/iot/json?k=own&i=dev', '', '', 'expected a measure, got nothing'],
    [400, 'POST', '/iot/json?k=own&i=dev&t=%22now', JSON_TYPE, '{}', 't: expected a time such as'],
    [
      400,
      'POST',
      '/iot/json/attrs/a%2Fb?k=own&i=dev',
      JSON_TYPE,
      '1',
      'attribute: expected 1 to 128 characters',
    ],
    [
      400,
      'POST',
      '/iot/json/attrs/%ff?k=own&i=dev',
      JSON_TYPE,
      '1',
      'attribute: expected 1 to 128 characters',
    ],
    [415, 'POST', '/iot/json?k=own&i=dev', 'text/plain', '{}', 'expected application/json, got text/plain'],
    [415, 'POST', '/iot/d?k=own&i=dev', JSON_TYPE, 't|1', 'expected text/plain, got application/json'],
    [
      415,
      'POST',
      '/iot/json/attrs/t?k=own&i=dev',
      'application/soap+xml',
      '<a/>',
      'got application/soap+xml',
    ],
  ])('%d for %s %s as %s', async (status, method, path, type, body, detail) => {
    const answer = await measures.send(path, { method, body, ...(type !== '' && { type }) })
    expect(answer).toMatchObject({ status, type: 'application/problem+json' })
    expect(JSON.parse(answer.body)).toMatchObject({
      status,
      code: 'MEASURE_MALFORMED',
      detail: expect.stringContaining(detail),
    })
    expect(stored()).toEqual([])
    expect(measures.observed.refusals).toEqual([
      { code: 'MEASURE_MALFORMED', detail: expect.stringContaining(`measures from 127.0.0.1: `) },
    ])
  })

  test('a compressed body is refused instead of being kept as noise', async () => {
    const headers = { 'Content-Encoding': 'gzip' }
    expect(await measures.send(`/iot/json?${KEYS}`, { headers, body: 'x' })).toMatchObject({ status: 415 })
  })

  test('a text that is no HTTP gets 400 with a code', async () => {
    const socket = await measures.connect()
    socket.write('\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00')
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"code":"MEASURE_MALFORMED"/)
  })
})

describe('an API key', () => {
  test.each([
    ['of its own speaks for a device', 'own', 'dev', 200],
    ['of another device does not', 'others', 'dev', 403],
    ['of a group speaks for a device that is not provisioned', 'parking', 'p-77', 200],
    ['of a group does not speak for a device that has another', 'parking', 'dev', 403],
    ['of a group does not speak for a device that has none', 'parking', 'keyless', 403],
    ['that nobody has speaks for nobody', 'stolen', 'dev', 403],
    ['that is a name of objects speaks for nobody', '__proto__', 'dev', 403],
  ])('%s', async (_case, key, device, status) => {
    const answer = await measures.send(`/iot/json?k=${key}&i=${device}`, { body: '{}' })
    expect(answer.status).toBe(status)
    expect(stored().length).toBe(status === 200 ? 1 : 0)
  })

  test('names its tenant, also for a device that is called like one of another tenant', async () => {
    await measures.send('/iot/json?k=lake&i=dev', { body: '{}' })
    expect(measures.held.messages[0]).toMatchObject({ tenant: 'bled', device: 'dev' })
  })

  test('that is refused is neither shown in the answer nor in the log', async () => {
    const { body } = await measures.send('/iot/json?k=almost-right&i=dev', { body: '{}' })
    expect(JSON.parse(body)).toMatchObject({
      code: 'API_KEY_REFUSED',
      detail: 'k: expected an API key that may speak for device dev, got another',
    })
    expect(JSON.stringify(measures.observed.refusals)).not.toContain('almost-right')
  })
})

describe('limits', () => {
  const LARGE = 'x'.repeat(1025)

  test.each([
    ['that says its length', {}],
    ['that comes in chunks', { 'Transfer-Encoding': 'chunked' }],
  ])('a body %s and is larger than mqtt.limits.packetBytes gets 413', async (_case, headers) => {
    const answer = await measures.send(`/iot/json?${KEYS}`, { body: LARGE, headers })
    expect(answer.status).toBe(413)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'PACKET_TOO_LARGE' })
    expect(stored()).toEqual([])
  })

  test('one of just that size is taken', async () => {
    expect(await measures.send(`/iot/json?${KEYS}`, { body: LARGE.slice(1) })).toMatchObject({ status: 200 })
  })

  test('a client that begins a request and does not end it gets 408 and is cut off', async () => {
    const socket = await measures.connect()
    socket.write('POST /iot/json?k=own&i=dev HTTP/1.1\r\nHost: agent\r\n')
    let answer = ''
    socket.on('data', data => {
      answer += data
    })
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[\s\S]*"code":"MEASURE_MALFORMED"/)
  })

  test('a connection is kept for the next measure', async () => {
    const socket = await measures.connect()
    let answers = ''
    socket.on('data', data => {
      answers += data
    })
    const head = 'POST /iot/json?k=own&i=dev HTTP/1.1\r\nHost: agent\r\nContent-Length: 2\r\n\r\n{}'
    socket.write(head)
    await until('the first answer', () => answers.split('HTTP/1.1 200').length === 2)
    socket.write(head)
    await until('the second answer', () => answers.split('HTTP/1.1 200').length === 3)
    socket.destroy()
  })

  test('more connections than mqtt.limits.connections are closed at once', async () => {
    const narrow = await TestMeasures.open({ connections: 1 })
    const first = await narrow.connect()
    const second = await narrow.connect()
    await once(second, 'close')
    expect(first.destroyed).toBe(false)
    first.destroy()
    await narrow.close()
  })
})

test('a port that is taken is told with its address', async () => {
  const address = `127.0.0.1:${measures.port}`
  await expect(TestMeasures.open({}, measures.port)).rejects.toMatchObject({
    code: 'LISTENER_FAILED',
    detail: expect.stringMatching(`^measures ${address}: .*EADDRINUSE`),
  })
})

test('what is under way when the agent closes is answered, and nobody is waited for without end', async () => {
  measures.held.hold()
  const answer = measures.send(`/iot/json?${KEYS}`, { body: '{"t":1}' })
  await until('the message is handed on', () => measures.held.messages.length === 1)
  const idle = await measures.connect()
  const closed = measures.close()
  expect(await answer).toMatchObject({ status: 200 })
  await closed
  idle.destroy()
})
