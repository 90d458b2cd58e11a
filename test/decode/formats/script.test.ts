import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { compileScriptDecoder } from '../../../src/decode/decode.ts'
import type { CodecPool } from '../../../src/decode/sandbox/codec-pool.ts'
import type { Message, Reading } from '../../../src/reading.ts'
import { openPool } from '../../decode-sandbox/sandbox-pool.ts'
import { createProfile } from '../../profiles/sound-profile.ts'
import { createMessage, createUplink, RECEIVED_AT } from '../create-message.ts'

const NOON_BEFORE = Date.parse('2026-01-14T12:00:00.775Z')
const BYTES = Buffer.from([1, 2, 3])

let pool: CodecPool

beforeAll(async () => {
  pool = await openPool()
})

afterAll(() => pool.close())

type Raw = Readonly<Record<string, unknown>>

/** The body of decodeUplink, and what else stands beside it. */
function decode(body: string, message: Message, options: Raw = {}, entities?: unknown) {
  const script = { source: `function decodeUplink(input) { ${body} }`, ...options }
  const profile = createProfile({ decode: { script }, ...(entities === undefined ? {} : { entities }) })
  return compileScriptDecoder(profile, (codec, input) => pool.decode(codec, input))(message)
}

describe('a script', () => {
  test('gets bytes, port, time and variables, and gives values', async () => {
    const body =
      'return { data: { n: input.bytes.length, port: input.fPort, at: input.recvTime, kind: input.variables.kind } }'
    const readings: readonly Reading[] = [
      {
        values: { n: 3, port: 7, at: '2026-01-14T12:00:00.775Z', kind: 'probe' },
        observedAt: NOON_BEFORE,
      },
    ]
    const options = { variables: { kind: 'probe' } }
    expect(await decode(body, createUplink(BYTES, 7), options)).toMatchObject(readings)
  })

  test('gets port 0 and the time of receipt with bytes that came in no envelope', async () => {
    const body = 'return { data: { port: input.fPort, at: input.recvTime.getTime() } }'
    expect(await decode(body, createMessage(BYTES))).toEqual([
      { values: { port: 0, at: RECEIVED_AT }, observedAt: RECEIVED_AT },
    ])
  })

  test('may give several readings with times of their own, at a path', async () => {
    const body = `return { data: { log: [
      { at: '2026-01-15T08:00:00Z', n: 1 }, { TimeInstant: '2026-01-15T10:00:00', n: 2 }, { at: 'never', n: 3 }
    ] } }`
    const readings = await decode(body, createMessage(BYTES), { path: 'log', timezone: 'Europe/Ljubljana' })
    expect(
      readings.map(({ observedAt, values }) => [new Date(observedAt).toISOString(), values['n']]),
    ).toEqual([
      ['2026-01-15T09:00:00.000Z', 1],
      ['2026-01-15T09:00:00.000Z', 2],
      ['2026-01-15T09:00:00.000Z', 3],
    ])
    const timed = await decode('return { data: { at: "2026-01-15T08:00:00Z" } }', createMessage(BYTES), {
      observedAt: 'at',
    })
    expect(timed[0]?.observedAt).toBe(Date.parse('2026-01-15T08:00:00Z'))
  })

  test('has what is known of the link beside its values, where a mapping reads it', async () => {
    const entities = [{ type: 'Device', attributes: { rssi: { from: 'link.rssi' } } }]
    const body = 'return { data: { n: 1 } }'
    const [reading] = await decode(body, createUplink(BYTES, 7), {}, entities)
    expect(reading?.values).toEqual({ n: 1, link: { rssi: -36, snr: 10.5, fPort: 7, fCnt: 7 } })
  })

  test.each([
    [
      'its own words',
      'return { errors: ["unknown port 7"] }',
      'DECODE_FAILED: codec maker-model: unknown port 7',
    ],
    ['what it threw', 'null.x', /^DECODE_FAILED: codec maker-model: TypeError: /],
    [
      'what it gave instead of an object',
      'return { data: 21.5 }',
      'DECODE_FAILED: expected an object from the codec, got bytes 010203',
    ],
    ['the limit that it met', 'decodeUplink(input)', /^SCRIPT_LIMIT: codec maker-model: .*\(stack limit\)$/],
    [
      'how many readings it gave',
      'var all = []; for (var n = 0; n < 1001; n++) all.push({ n: n }); return { data: all }',
      /at most 1000 readings/,
    ],
  ])('that fails is told with %s', async (_, body, words) => {
    const failure = decode(body, createMessage(BYTES))
    await expect(failure).rejects.toThrow(words)
  })

  test('has its warnings passed over', async () => {
    const body = 'return { data: { n: 1 }, warnings: ["battery low"] }'
    expect(await decode(body, createMessage(BYTES))).toEqual([{ values: { n: 1 }, observedAt: RECEIVED_AT }])
  })

  test('is not asked about an envelope that cannot be opened', async () => {
    const broken = { ...createUplink(BYTES, 7), payload: Buffer.from('{"data":"%"}') }
    await expect(decode('return { data: { n: 1 } }', broken)).rejects.toThrow(
      'expected an uplink of ChirpStack with base64 at data',
    )
  })
})
