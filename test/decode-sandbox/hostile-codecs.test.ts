import vm from 'node:vm'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { CodecInput } from '../../src/decode/sandbox/codec.ts'
import type { CodecPool } from '../../src/decode/sandbox/codec-pool.ts'
import { HEALTHY, openPool, run, settle, UPLINK } from './sandbox-pool.ts'

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

const uplink = (body: string) => `function decodeUplink(input) { ${body} }`
const bomb = (grow: string) => uplink(`var kept = []; while (true) kept.push(${grow})`)

const HOSTILE: readonly (readonly [name: string, source: string, met: string | RegExp])[] = [
  ['an endless loop', uplink('while (true) {}'), 'time limit'],
  ['an endless loop at its top level', 'for (;;) {}', 'time limit'],
  [
    'an endless loop that catches what it can',
    uplink('while (true) try { while (true) {} } catch (e) {} finally { continue }'),
    'time limit',
  ],
  ['a native search', uplink('var s = "a".repeat(2e6); while (true) s.indexOf("b")'), 'time limit'],
  [
    'a native replacement',
    uplink('var s = "ab".repeat(5e5); while (true) s.replace(/b/g, "c")'),
    /time limit|memory limit/,
  ],
  ['a native repetition', uplink('while (true) "ab".repeat(1e6)'), /time limit|memory limit/],
  [
    'native JSON',
    uplink('var s = "[" + "1,".repeat(2e5) + "1]"; while (true) JSON.stringify(JSON.parse(s))'),
    /time limit|memory limit/,
  ],
  ['native filling', uplink('var b = new Uint8Array(8e6); while (true) b.fill(1)'), 'time limit'],
  ['a regular expression that runs away', uplink('/^(a+)+$/.test("a".repeat(40) + "b")'), 'time limit'],
  ['a growing number', uplink('var n = 2n; while (true) n = n * n'), /limit|RangeError/],
  ['an array bomb', bomb('new Array(1000).fill({})'), /time limit|memory limit/],
  ['a string bomb', bomb('"x".repeat(1e6) + kept.length'), /time limit|memory limit/],
  ['an ArrayBuffer bomb', bomb('new ArrayBuffer(1e6)'), /time limit|memory limit/],
  ['an object bomb', uplink('var o = {}; while (true) o = { o: o, p: [o] }'), /time limit|memory limit/],
  ['one huge allocation', uplink('return { data: new Uint8Array(1e9).length }'), /memory limit|RangeError/],
  [
    'a memory bomb that catches its error',
    uplink('var kept = []; while (true) try { while (true) kept.push(new ArrayBuffer(1e5)) } catch (e) {}'),
    'time limit',
  ],
  ['deep recursion', uplink('return decodeUplink(input)'), 'stack limit'],
  ['deep recursion in native code', uplink('var a = []; a[0] = a; return [a].flat(Infinity)'), /limit/],
  ['deep source', uplink(`return ${'['.repeat(50_000)}`), /stack|SyntaxError/],
  [
    'deep recursion that catches its error',
    uplink('try { decodeUplink(input) } catch (e) { decodeUplink(input) }'),
    /limit|stack/,
  ],
  ['huge output', uplink('return { data: "x".repeat(1e6) }'), 'output limit'],
  ['many values', uplink('return { data: new Array(5000).fill(1) }'), 'values limit'],
  [
    'deep output',
    uplink('var d = 1; for (var i = 0; i < 20; i++) d = [d]; return { data: d }'),
    'depth limit',
  ],
  ['cyclic output', uplink('var d = {}; d.d = d; return { data: d }'), 'circular'],
  [
    'a getter in the output that never returns',
    uplink('return { data: { get x() { while (true) {} } } }'),
    'time limit',
  ],
  [
    'a toJSON that never returns',
    uplink('return { data: { toJSON: function () { while (true) {} } } }'),
    'time limit',
  ],
  [
    'a proxy as output',
    uplink('return new Proxy({}, { get: function () { while (true) {} } })'),
    'time limit',
  ],
  [
    'a thenable loop',
    uplink('(function again() { Promise.resolve().then(again) })(); return Promise.reject(1)'),
    'promise',
  ],
  ['an import', uplink('return { data: import("fs") }'), 'promise'],
  [
    'a thrown object whose words throw',
    uplink('throw { toString: function () { throw 1 }, toJSON: function () { throw 2 } }'),
    'cannot be shown',
  ],
  [
    'a thrown error whose message never comes',
    uplink(
      'var e = new Error(); Object.defineProperty(e, "message", { get: function () { while (true) {} } }); throw e',
    ),
    'time limit',
  ],
  ['a thrown symbol', uplink('throw Symbol("s")'), 'Symbol(s)'],
  ['a thrown null', uplink('throw null'), 'null'],
  [
    'errors that throw',
    uplink('return { errors: [{ toJSON: function () { throw 1 } }] }'),
    'cannot be shown',
  ],
  ['source that leaves its factory', '}}); throw "out"; (function () {{', /out|SyntaxError|failed/],
  [
    'source that leaves its factory and loops',
    '}}).call(this)}); while (true) {} (function () {(function () {{',
    /time limit|SyntaxError/,
  ],
]

test.each(HOSTILE)('%s is contained while other codecs are answered', async (_, source, met) => {
  const others = [1, 2, 3].map(() => pool.decode(HEALTHY, UPLINK))
  const hostile = settle(pool.decode({ id: _, source }, UPLINK))
  others.push(...[1, 2, 3].map(() => pool.decode(HEALTHY, UPLINK)))
  const detail = await hostile
  expect(detail).toMatch(
    String(detail).includes(' limit)') ? /^SCRIPT_LIMIT: codec / : /^DECODE_FAILED: codec /,
  )
  expect(detail).toMatch(met)
  expect(await Promise.all(others)).toEqual(others.map(() => ({ humidity: 41 })))
  expect(await pool.decode(HEALTHY, UPLINK)).toEqual({ humidity: 41 })
})

test.each([
  ['process', 'typeof process'],
  ['require', 'typeof require'],
  ['the network', 'typeof fetch + typeof XMLHttpRequest + typeof WebSocket'],
  ['timers', 'typeof setTimeout + typeof setImmediate + typeof queueMicrotask'],
  ['WebAssembly', 'typeof WebAssembly'],
  ['the process by way of a constructor', 'this.constructor.constructor("return typeof process")()'],
  ['the process by way of the input', 'input.constructor.constructor("return typeof process")()'],
  ['the process by way of the bytes', 'input.bytes.slice.constructor("return typeof process")()'],
  [
    'the process by way of an error',
    '(function () { try { null.x } catch (e) { return e.constructor.constructor("return typeof process")() } })()',
  ],
  ['the worker', '(0, eval)("typeof workerData + typeof parentPort + typeof module")'],
])('a script that reaches for %s finds nothing', async (_, expression) => {
  const found = await run(pool, uplink(`return { data: ${expression} }`))
  expect(String(found).replaceAll('undefined', '')).toBe('')
})

test('the global object has nothing but the language, Buffer, base64 and the console', async () => {
  const language = vm.runInNewContext('Object.getOwnPropertyNames(globalThis)') as readonly string[]
  const ours = ['Buffer', 'atob', 'btoa', 'console']
  // The engine is ahead of Node 20, or has a name of its own.
  const newer = ['Iterator', 'Float16Array', 'InternalError']
  const names = await run(pool, uplink('return { data: Object.getOwnPropertyNames(globalThis) }'))
  const known = new Set([...language, ...ours, ...newer])
  expect((names as readonly string[]).filter(name => !known.has(name))).toEqual([])
})

test('changed prototypes reach neither the next message nor the agent', async () => {
  const source = uplink(`
    var seen = [typeof {}.polluted, typeof [].polluted, typeof ''.polluted, typeof input.polluted]
    var at = '__pro' + 'to__'
    ;({})[at].polluted = 1; [][at].polluted = 1; ''[at].polluted = 1; input.bytes[at][at].polluted = 1
    Object.prototype.polluted = 1
    return { data: { seen: seen } }`)
  const quiet = source.replace('Object.prototype.polluted = 1', '')
  for (const script of [source, source, quiet, quiet]) {
    expect(await run(pool, script)).toEqual({ seen: ['undefined', 'undefined', 'undefined', 'undefined'] })
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect(await run(pool, uplink('return { data: {}.polluted === undefined }'))).toBe(true)
})

test('own __proto__ keys are stripped at every depth', async () => {
  const source = uplink(
    `return { data: JSON.parse('{"__proto__": {"admin": 1}, "list": [{"__proto__": {"admin": 2}, "kept": 3}]}') }`,
  )
  const data = await run(pool, source)
  expect(JSON.stringify(data)).toBe('{"list":[{"kept":3}]}')
  expect((data as { admin?: unknown }).admin).toBeUndefined()
})

test('output is what JSON makes of it: toJSON counts, functions and NaN do not pass', async () => {
  const source = uplink(
    'return { data: { at: input.recvTime, own: { toJSON: function () { return 7 } }, f: function () {}, n: NaN, u: undefined } }',
  )
  expect(await run(pool, source)).toEqual({ at: '2026-01-15T09:00:00.000Z', own: 7, n: null })
})

test('a codec apart keeps its order and its good messages', async () => {
  const moody = {
    id: 'moody',
    source: uplink('if (input.bytes[0] > 250) while (true) {} return { data: input.bytes[0] }'),
  }
  const order: unknown[] = []
  const first = [1, 2, 255, 3, 4].map(async byte => {
    order.push(await settle(pool.decode(moody, { ...UPLINK, bytes: Buffer.from([byte]) })))
  })
  await Promise.all(first)
  expect(order).toEqual([1, 2, expect.stringContaining('expected an answer within 100 ms'), 3, 4])
})

test('a codec that meets its limit again and again is not run until its time apart is over', async () => {
  const strict = await openPool({ strikesMax: 2, apartMs: 400 })
  const endless = { id: 'endless', source: uplink('while (input.bytes[0] > 250) {} return { data: 1 }') }
  const bad = { ...UPLINK, bytes: Buffer.from([255]) }
  const answers = await Promise.all(
    [bad, bad, UPLINK, UPLINK].map(input => settle(strict.decode(endless, input))),
  )
  expect(answers).toEqual([
    expect.stringContaining('time limit'),
    expect.stringContaining('time limit'),
    expect.stringContaining('not run, because 2 messages in a row'),
    expect.stringContaining('tried again 0.4 s after'),
  ])
  expect(await settle(strict.decode(endless, UPLINK))).toContain('not run')
  expect(await strict.decode({ ...endless, source: `${endless.source} // corrected` }, UPLINK)).toBe(1)
  await strict.close()
})

test('a codec that meets a limit that stops no thread is suspended too, and says so once, until it answers', async () => {
  const told: unknown[] = []
  const strict = await openPool({ failuresMax: 3, apartMs: 200 }, 1, {
    onTrouble: (codec, trouble) => told.push([codec, trouble]),
  })
  const deep = {
    id: 'deep',
    source: uplink('if (input.bytes[0] < 250) return { data: 1 }; decodeUplink(input)'),
  }
  const bad = { ...UPLINK, bytes: Buffer.from([255]) }
  const decode = async (input: CodecInput = bad) =>
    String(await settle(strict.decode(deep, input))).split(':')[0]
  const decodeAgain = async (input: CodecInput = bad) => {
    let answer = await decode(input)
    while (answer === 'SCRIPT_SUSPENDED') {
      await new Promise(resolve => setImmediate(resolve))
      answer = await decode(input)
    }
    return answer
  }
  expect([await decode(), await decode(), await decode(UPLINK), await decode(), await decode()]).toEqual([
    'SCRIPT_LIMIT',
    'SCRIPT_LIMIT',
    '1',
    'SCRIPT_LIMIT',
    'SCRIPT_LIMIT',
  ])
  expect(told).toEqual([])
  expect([await decode(), await decode(), await decode(UPLINK)]).toEqual([
    'SCRIPT_LIMIT',
    'SCRIPT_SUSPENDED',
    'SCRIPT_SUSPENDED',
  ])
  const suspended = ['deep', expect.stringContaining('not run, because 3 messages in a row met a limit')]
  expect(told).toEqual([suspended])
  expect(await decodeAgain()).toBe('SCRIPT_LIMIT')
  expect(await decode()).toBe('SCRIPT_SUSPENDED')
  expect(told).toEqual([suspended])
  expect(await decodeAgain(UPLINK)).toBe('1')
  expect(told).toEqual([suspended, ['deep', undefined]])
  await strict.close()
})

test('messages that wait behind the last that a codec may fail are not run', async () => {
  const strict = await openPool({ failuresMax: 2 })
  const deep = { id: 'deep', source: uplink('return decodeUplink(input)') }
  const waiting = Array.from({ length: 300 }, () => settle(strict.decode(deep, UPLINK)))
  const codes = (await Promise.all(waiting)).map(answer => String(answer).split(':')[0])
  // A batch has 128.
  expect(codes.filter(code => code === 'SCRIPT_SUSPENDED')).toHaveLength(172)
  expect(codes[0]).toBe('SCRIPT_LIMIT')
  await strict.close()
})

test('after its time apart a codec runs with the others again', async () => {
  const lenient = await openPool({ strikesMax: 1, apartMs: 300 })
  const moody = { id: 'moody', source: uplink('while (input.bytes[0] > 250) {} return { data: 1 }') }
  await settle(lenient.decode(moody, { ...UPLINK, bytes: Buffer.from([255]) }))
  let answer: unknown
  do answer = await settle(lenient.decode(moody, UPLINK))
  while (
    typeof answer === 'string' &&
    answer.includes('not run') &&
    (await new Promise(resolve => setImmediate(resolve, true)))
  )
  expect(answer).toBe(1)
  await lenient.close()
})

test('a memory bomb meets the memory limit, and its memory comes back', async () => {
  const patient = await openPool({ timeMs: 5_000 })
  const before = process.memoryUsage().rss
  for (let n = 0; n < 6; n++) {
    const codec = { id: `bomb-${n}`, source: bomb('new Uint8Array(5e5).fill(1)') }
    expect(await settle(patient.decode(codec, UPLINK))).toContain('memory limit')
  }
  expect(await patient.decode(HEALTHY, UPLINK)).toEqual({ humidity: 41 })
  // Each bomb fills its 32 MiB twice, once in a thread apart.
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6)
  await patient.close()
})

test('hostile codecs side by side do not delay a healthy one for longer than their limits', async () => {
  const many = await openPool()
  const hostile = Array.from({ length: 4 }, (_, n) =>
    settle(many.decode({ id: `loop-${n}`, source: uplink('while (true) {}') }, UPLINK)),
  )
  const healthy = Promise.all(Array.from({ length: 200 }, () => many.decode(HEALTHY, UPLINK)))
  expect(
    await Promise.race([healthy.then(() => 'healthy'), Promise.all(hostile).then(() => 'hostile')]),
  ).toBe('healthy')
  await Promise.all(hostile)
  await many.close()
})
