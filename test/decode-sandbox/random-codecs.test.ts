import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CodecPool } from '../../src/decode/sandbox/codec-pool.ts'
import { HEALTHY, openPool, settle, UPLINK } from './sandbox-pool.ts'

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

const OURS = new Set<unknown>(['DECODE_FAILED', 'SCRIPT_LIMIT', 'SCRIPT_SUSPENDED'])

const FRAGMENTS = [
  'function decodeUplink(input) {',
  'function Decoder(bytes, port) {',
  'return',
  '{ data: ',
  'input.bytes',
  'bytes[0]',
  '}',
  '{',
  '})',
  '(function () {',
  ';',
  '"use strict"',
  'var x =',
  'throw x',
  'x.y.z',
  '=> 1',
  '`${',
  '/*',
  '//',
  '\n',
  'this',
  'globalThis = 1',
  'delete this.JSON',
  'module.exports =',
  'Object.freeze(globalThis)',
  'Object.prototype.x = 1;',
]

const source = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.uint8Array({ maxLength: 400 }).map(bytes => Buffer.from(bytes).toString('latin1')),
  fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 16 }).map(parts => parts.join(' ')),
)

test('any text as a script gives data or our error, and leaves the pool sound', async () => {
  let n = 0
  await fc.assert(
    fc.asyncProperty(source, fc.uint8Array({ maxLength: 64 }), async (text, bytes) => {
      const codec = { id: `random-${n++ % 50}`, source: text }
      const input = { ...UPLINK, bytes: Buffer.from(bytes) }
      const [answer, healthy] = await Promise.all([
        pool.decode(codec, input).catch((error: { code?: unknown }) => error.code),
        settle(pool.decode(HEALTHY, UPLINK)),
      ])
      expect(healthy).toEqual({ humidity: 41 })
      expect(OURS.has(answer) || JSON.stringify(answer) !== undefined).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('any JSON value that a script gives arrives as it is', async () => {
  const codec = {
    id: 'echo',
    source: 'function Decoder(bytes) { return JSON.parse(Buffer.from(bytes).toString()) }',
  }
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async value => {
      const json = JSON.stringify(value)
      fc.pre(!json.includes('__proto__'))
      const decoded = await pool.decode(codec, { ...UPLINK, bytes: Buffer.from(json) })
      expect(decoded).toEqual(JSON.parse(json))
    }),
    { numRuns: 200 },
  )
})
