import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { CodecPool } from '../../src/decode/sandbox/codec-pool.ts'
import { MAKER_CODECS } from './maker-codecs.ts'
import { openPool, settle, UPLINK } from './sandbox-pool.ts'

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

test.each(MAKER_CODECS)(
  '$id decodes its uplinks as its maker documents them',
  async ({ id, source, uplinks }) => {
    for (const { fPort, hex, gives } of uplinks) {
      const input = { ...UPLINK, fPort, bytes: Buffer.from(hex, 'hex') }
      expect(await settle(pool.decode({ id, source }, input))).toEqual(gives)
    }
  },
)

test('uplinks of many devices decode together as they do one by one', async () => {
  const calls = Array.from({ length: 40 }, () => MAKER_CODECS).flat()
  const decoded = await Promise.all(
    calls.flatMap(({ id, source, uplinks }) =>
      uplinks.map(({ fPort, hex }) =>
        settle(pool.decode({ id, source }, { ...UPLINK, fPort, bytes: Buffer.from(hex, 'hex') })),
      ),
    ),
  )
  expect(decoded).toEqual(calls.flatMap(({ uplinks }) => uplinks.map(({ gives }) => gives)))
})
