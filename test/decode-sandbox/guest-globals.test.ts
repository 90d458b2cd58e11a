import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { CodecPool } from '../../src/decode/sandbox/codec-pool.ts'
import { openPool, run } from './sandbox-pool.ts'

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

const BYTES = Buffer.from('ff8041c80000c3a942f6e979402df84d89c7a1b20a', 'hex')

/** Each is run in the sandbox and here; both must give the same. */
const EXPRESSIONS = [
  'b.readUInt8(0)',
  'b.readInt8(0)',
  'b.readUInt16BE(1)',
  'b.readUint16LE(1)',
  'b.readInt16BE(0)',
  'b.readInt16LE(1)',
  'b.readUInt32BE(2)',
  'b.readInt32LE(0)',
  'b.readFloatBE(2)',
  'b.readFloatLE(2)',
  'b.readDoubleBE(12)',
  'b.readUIntBE(0, 3)',
  'b.readUIntLE(0, 3)',
  'b.readIntBE(0, 3)',
  'b.readIntLE(1, 6)',
  'String(b.readBigUInt64BE(0))',
  'b.toString("hex")',
  'b.toString("hex", 2, 4)',
  'b.slice(1, 4).toString("base64")',
  'b.subarray(0, 5).toString("base64")',
  'b.slice(6, 8).toString()',
  'b.slice(-3).length',
  'b.toString("latin1")',
  'Buffer.from("01fFzz", "hex").toJSON()',
  'Buffer.from("3q2+7w==", "base64").toString("hex")',
  'Buffer.from("žlahtna š").toString("hex")',
  'Buffer.from(Buffer.from("č").toString("base64"), "base64").toString("utf8")',
  'Buffer.from([1, 2, 258]).toJSON()',
  'Buffer.concat([Buffer.from([1]), Buffer.alloc(2), Buffer.from("a")]).toString("hex")',
  'Buffer.alloc(3, 7).toJSON()',
  'Buffer.isBuffer(b) && !Buffer.isBuffer([])',
  'Buffer.byteLength("č")',
  'b.equals(Buffer.from(b))',
  '(c => { c.writeUInt32BE(0x41c80000, 0); return c.readFloatBE(0) })(Buffer.alloc(4))',
  '(c => { c.writeInt16LE(-2, 1); return c.toString("hex") })(Buffer.alloc(3))',
  '[...b.slice(0, 2)]',
  'b.map(x => x >> 1).toString("hex")',
  'JSON.stringify(b.slice(0, 2))',
  'atob("aGk=") + btoa("hi") + btoa("hey")',
  '(() => { try { return b.readUInt32BE(19) } catch (e) { return e.name } })()',
]

test.each(EXPRESSIONS)('%s gives what it gives in Node', async expression => {
  const source = `function Decoder(bytes) { var b = Buffer.from(bytes); return ${expression} }`
  const inNode = new Function('b', 'Buffer', `return ${expression}`)(BYTES, Buffer)
  expect(await run(pool, source, { bytes: BYTES })).toEqual(JSON.parse(JSON.stringify(inNode)))
})

test('every word of the console is heard and dropped', async () => {
  const source = `function Decoder() {
    for (var word of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']) console[word]({}, 'x'.repeat(1e5))
    return 'done'
  }`
  expect(await run(pool, source)).toBe('done')
})
