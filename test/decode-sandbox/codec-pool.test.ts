import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { CODEC_LIMITS } from '../../src/decode/sandbox/codec.ts'
import { CodecPool } from '../../src/decode/sandbox/codec-pool.ts'
import { HEALTHY, openPool, run, settle, UPLINK } from './sandbox-pool.ts'

const NOWHERE = new URL('file:///nowhere/codec-thread.js')

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

test('decodeUplink gets bytes, port, time and variables, and gives its data', async () => {
  const source = `function decodeUplink(input) {
    var sum = input.bytes.reduce(function (a, b) { return a + b }, Number(input.variables.offset))
    return { data: { sum: sum, port: input.fPort, at: input.recvTime.getTime(), list: Array.isArray(input.bytes) }, warnings: ['low'] }
  }`
  const at = Date.parse(UPLINK.recvTime)
  expect(await run(pool, source)).toEqual({ sum: 268, port: 2, at, list: true })
})

test('the older Decoder gets bytes and port', async () => {
  expect(await run(pool, 'function Decoder(bytes, port) { return { port: port, first: bytes[1] } }')).toEqual(
    { port: 2, first: 226 },
  )
})

test('the older Decode gets port, bytes and variables', async () => {
  const source =
    'var Decode = function (fPort, bytes, variables) { return { fPort, n: bytes.length, variables } }'
  expect(await run(pool, source)).toEqual({ fPort: 2, n: 3, variables: { offset: '1' } })
})

test('decodeUplink is preferred where a script has all three', async () => {
  const source = `
    function Decode() { return 'Decode' }
    function Decoder() { return 'Decoder' }
    function decodeUplink() { return { data: 'decodeUplink' } }`
  expect(await run(pool, source)).toBe('decodeUplink')
})

test('a decoder may be exported rather than declared', async () => {
  const source = 'module.exports.decodeUplink = ({ bytes }) => ({ data: bytes.length })'
  expect(await run(pool, source)).toBe(3)
})

test('sloppy code runs: implicit globals, octal literals, with, arguments.callee', async () => {
  const source = `
    offset = 010
    function decodeUplink(input) {
      for (i = 0, sum = offset; i < input.bytes.length; i++) sum += input.bytes[i]
      with (input) { port = fPort }
      return { data: { sum: sum, port: port, self: typeof arguments.callee } }
    }`
  expect(await run(pool, source)).toEqual({ sum: 275, port: 2, self: 'function' })
})

test('a script that asks for strict code gets it', async () => {
  const source = '"use strict"\nfunction decodeUplink() { undeclared = 1; return { data: 1 } }'
  expect(await run(pool, source)).toContain('ReferenceError')
})

test('a script may declare what the sandbox calls its own', async () => {
  const source = `
    const module = 1, exports = 2, console = 3
    function decodeUplink() { return { data: module + exports + console } }`
  expect(await run(pool, source)).toBe(6)
})

test.each([
  [
    'implicit globals',
    'function Decoder() { count = typeof count === "undefined" ? 1 : count + 1; return count }',
  ],
  ['top-level variables', 'var count = 0; function Decoder() { return ++count }'],
  ['properties of this', 'this.count = (this.count || 0) + 1; function Decoder() { return count }'],
  [
    'replaced globals',
    'function Decoder() { var before = typeof parseInt; parseInt = 1; return before === "function" ? 1 : 2 }',
  ],
  [
    'defined globals',
    'function Decoder() { var was = globalThis.kept || 0; Object.defineProperty(globalThis, "kept", { value: was + 1 }); return kept }',
  ],
  [
    'indirect eval',
    '(0, eval)("var count = (globalThis.count || 0) + 1; globalThis.count = count"); function Decoder() { return globalThis.count }',
  ],
  [
    'a replaced prototype of the global object',
    'function Decoder() { var was = globalThis.kept || 0; Object.setPrototypeOf(globalThis, { kept: was + 1 }); return kept }',
  ],
  [
    'properties of built-in functions',
    'function Decoder() { var was = Math.max.count || 0; Math.max.count = was + 1; return was + 1 }',
  ],
  [
    'promises',
    'function Decoder() { var was = globalThis.kept || 0; Promise.resolve().then(function () { globalThis.kept = 9 }); return was + 1 }',
  ],
])('%s of one message do not reach the next', async (_, source) => {
  const id = `leak-${_}`
  const answers = await Promise.all([1, 2, 3].map(() => settle(pool.decode({ id, source }, UPLINK))))
  expect(answers).toEqual([1, 1, 1])
})

test('what one script leaves behind does not reach another', async () => {
  await run(pool, 'left = 1; Array.prototype.left = 2; function Decoder() { return 1 }')
  const source = 'function Decoder() { return [typeof left, typeof [].left] }'
  expect(await settle(pool.decode({ id: 'another', source }, UPLINK))).toEqual(['undefined', 'undefined'])
})

test('a script that extends built-in objects works, and starts from new ones for each message', async () => {
  const source = `
    var before = typeof ''.reversed
    String.prototype.reversed = function () { return this.split('').reverse().join('') }
    if (!Array.prototype.last) Object.defineProperty(Array.prototype, 'last', { get: function () { return this[this.length - 1] } })
    function Decoder(bytes) { return [before, 'abc'.reversed(), bytes.last] }`
  expect(await run(pool, source)).toEqual(['undefined', 'cba', 41])
  expect(await run(pool, source)).toEqual(['undefined', 'cba', 41])
})

test('objects of a script may have members with the names of inherited ones', async () => {
  const source = `
    function Meter() {}
    Meter.prototype.toString = function () { return 'meter' }
    Meter.prototype.constructor = Meter
    function Decoder() {
      var decoded = {}
      decoded.valueOf = 1
      decoded.constructor = 'x'
      var error = new Error('a'); error.name = 'Mine'; error.message = 'b'
      return { text: '' + new Meter(), decoded: decoded, error: String(error) }
    }`
  expect(await run(pool, source)).toEqual({
    text: 'meter',
    decoded: { valueOf: 1, constructor: 'x' },
    error: 'Mine: b',
  })
})

test("the codec's own words are the detail of the error, bounded", async () => {
  expect(await run(pool, 'function decodeUplink() { return { errors: ["unknown port", "short"] } }')).toBe(
    'DECODE_FAILED: codec tested: unknown port; short',
  )
  expect(await run(pool, 'function Decoder(bytes) { throw new Error("bad header " + bytes[0]) }')).toBe(
    'DECODE_FAILED: codec tested: Error: bad header 0',
  )
  const long = String(await run(pool, 'function Decoder() { throw "x".repeat(1e6) }'))
  expect(long.length).toBeLessThan(400)
})

test.each([
  ['that is no script', 'function decodeUplink( {', 'SyntaxError'],
  ['without a decoder', 'var x = 1', 'decodeUplink, Decoder or Decode'],
  ['that gives nothing', 'function decodeUplink() {}', 'expected data, got undefined'],
  [
    'that gives no data',
    'function decodeUplink() { return { warnings: [] } }',
    'expected data, got undefined',
  ],
  ['that gives a promise', 'async function decodeUplink() { return { data: 1 } }', 'got a promise'],
  ['that fails at its top level', 'require("fs")', 'ReferenceError'],
])('a script %s is told so', async (_, source, words) => {
  const detail = await run(pool, source)
  expect(detail).toContain('DECODE_FAILED: codec tested: ')
  expect(detail).toContain(words)
})

test('a changed script takes the place of the one before', async () => {
  const scripts = [1, 2, 3].map(n => ({ id: 'changing', source: `function Decoder() { return ${n} }` }))
  const answers = await Promise.all(scripts.map(codec => pool.decode(codec, UPLINK)))
  expect(answers).toEqual([1, 2, 3])
})

test('the answers of a codec come in the order of its calls, in several threads too', async () => {
  const several = await openPool({}, 2)
  const order: string[] = []
  const source = 'function Decoder(bytes) { return bytes[0] }'
  const calls = Array.from({ length: 600 }, (_, n) =>
    several
      .decode({ id: `codec-${n % 3}`, source }, { ...UPLINK, bytes: Buffer.from([n / 3]) })
      .then(first => order.push(`${n % 3}: ${first}`)),
  )
  await Promise.all(calls)
  for (const codec of [0, 1, 2]) {
    const expected = Array.from({ length: 200 }, (_, n) => `${codec}: ${n}`)
    expect(order.filter(entry => entry.startsWith(`${codec}:`))).toEqual(expected)
  }
  await several.close()
})

test('more codecs than a thread keeps loaded all give their own values, again and again', async () => {
  const codecs = Array.from({ length: 80 }, (_, n) => ({
    id: `c${n}`,
    source: `function Decoder() { return ${n} }`,
  }))
  for (const _ of [1, 2]) {
    const answers = await Promise.all(codecs.map(codec => pool.decode(codec, UPLINK)))
    expect(answers).toEqual(codecs.map((_codec, n) => n))
  }
})

test('large scripts take turns in the memory of a thread', async () => {
  const body = Array.from(
    { length: 2_000 },
    (_, n) => `t.k${n} = function (b) { return b[${n % 3}] * ${n} };`,
  )
  const codecs = Array.from({ length: 24 }, (_, n) => ({
    id: `large-${n}`,
    source: `var t = {}; ${body.join('')} function Decoder(b) { return t.k1(b) + ${n} }`,
  }))
  const answers = await Promise.all(codecs.map(codec => pool.decode(codec, UPLINK)))
  expect(answers).toEqual(codecs.map((_, n) => 226 + n))
})

test('a message with more bytes than the limit is refused, however often, and the codec goes on', async () => {
  const narrow = await openPool({ inputBytesMax: 3, failuresMax: 2 })
  for (const _ of [1, 2, 3]) {
    expect(await settle(narrow.decode(HEALTHY, { ...UPLINK, bytes: Buffer.alloc(4) }))).toBe(
      'SCRIPT_LIMIT: codec healthy: expected at most 3 bytes, got more (input limit)',
    )
  }
  expect(await narrow.decode(HEALTHY, UPLINK)).toEqual({ humidity: 41 })
  await narrow.close()
})

test('a pool whose threads cannot start says so when it is opened', async () => {
  await expect(CodecPool.open({ threads: 1, limits: CODEC_LIMITS, threadUrl: NOWHERE })).rejects.toThrow(
    'nowhere',
  )
})

test('a pool that was not opened says so at its first call, which goes on waiting', async () => {
  const failure = await new Promise(resolve => {
    const broken = new CodecPool({
      threads: 1,
      limits: CODEC_LIMITS,
      threadUrl: NOWHERE,
      onStartFailed: error => resolve(broken.close().then(() => error)),
    })
    void settle(broken.decode(HEALTHY, UPLINK)).then(resolve)
  })
  expect(String(failure)).toContain('nowhere')
})

test('calls under way when the pool is closed are never answered', async () => {
  const closing = await openPool()
  let answered = false
  const mark = () => {
    answered = true
  }
  closing.decode(HEALTHY, UPLINK).then(mark, mark)
  await closing.close()
  await new Promise(resolve => setImmediate(resolve))
  expect(answered).toBe(false)
})
