import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CaseTown } from './case-town.ts'

const T = { t: { from: 't', unit: 'CEL' } }
const CHIRPSTACK = (device: string) => `application/a/device/${device}/event/up`

let town: CaseTown

beforeAll(async () => {
  town = await CaseTown.start({
    profiles: {
      'case-json': { decode: { json: {} }, attributes: { ...T, x: { from: 'x' } } },
      'case-hex': {
        decode: {
          envelope: { bytes: 'data', encoding: 'hex' },
          channels: { '01 75': { battery: 'u8' }, '03 67': { t: { read: 'i16le', scale: 0.1 } } },
        },
        attributes: { ...T, battery: { from: 'battery' } },
      },
      'case-base64': {
        decode: { channels: { '03 67': { t: { read: 'i16le', scale: 0.1 } } } },
        attributes: T,
      },
      'case-cayenne': { decode: { cayenne: {} }, attributes: { t: { from: 'temperature_1', unit: 'CEL' } } },
    },
    devices: { json: 'case-json', hex: 'case-hex', base64: 'case-base64', lpp: 'case-cayenne' },
  })
})

afterAll(() => town.close())

async function quarantined(topic: string, payload: string | Buffer): Promise<string> {
  const { outcome, code, detail } = await town.send(topic, payload)
  expect([outcome, code]).toEqual(['quarantined', 'DECODE_FAILED'])
  return detail
}

describe('T45: a payload that is no JSON is quarantined with its cause', () => {
  test.each<[string, string | Buffer, string]>([
    ['nothing', '', 'expected a payload, got nothing'],
    ['text', 'hello', 'expected JSON (broken at byte 0), got hello'],
    ['a scalar', '21.5', 'expected a JSON object, got 21.5'],
    ['null', 'null', 'expected a JSON object, got null'],
    ['an array of scalars', '[1,2]', 'expected a JSON object, got [1,2]'],
    ['JSON with a fault', '{"t":21.5,"x":tru}', 'expected JSON (broken at byte 14), got {"t":21.5,"x":tru}'],
    ['JSON that was cut off', '{"t":21.5,"x":', 'expected JSON (cut off at byte 14), got {"t":21.5,"x":'],
    ['a fault behind letters of two bytes', '{"š":1,}', 'expected JSON (broken at byte 8), got {"š":1,}'],
    [
      'UTF-16 with its mark',
      Buffer.from('\uFEFF{"t":1}', 'utf16le'),
      'expected text in UTF-8, got UTF-16, bytes fffe7b00220074002200',
    ],
    [
      'UTF-16 without its mark',
      Buffer.from('{"t":1}', 'utf16le'),
      'expected JSON (broken at byte 1), got UTF-16, bytes 7b00220074002200',
    ],
    ['gzip', gzipSync('{"t":21.5}'), 'expected text in UTF-8, got gzip, bytes 1f8b08'],
    ['bytes', Buffer.from('80ff01', 'hex'), 'expected text in UTF-8, got bytes 80ff01'],
  ])('%s', async (_name, payload, detail) => {
    expect(await quarantined('tromost/json/up', payload)).toContain(detail)
  })

  test('but a byte order mark of UTF-8 is passed over, and an array of objects is several readings', async () => {
    expect((await town.send('tromost/json/up', '\uFEFF{"t":21.5}')).outcome).toBe('delivered')
    expect((await town.send('tromost/json/up', '[{"t":22},{"x":"end"}]')).outcome).toBe('delivered')
    expect(town.getAttributes('urn:ngsi-ld:Thing:json')).toMatchObject({
      t: { value: 22 },
      x: { value: 'end' },
    })
  })
})

describe('T46: depth is refused before anything is parsed', () => {
  test.each([
    ['brackets that never close', '['.repeat(100_000)],
    ['objects in objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['brackets behind a reading', `{"t":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['just more than 32 levels', `{"x":${'['.repeat(32)}${']'.repeat(32)}}`],
  ])('%s', async (_name, payload) => {
    expect(await quarantined('tromost/json/up', payload)).toMatch(/^expected at most 32 levels, got /)
  })

  test('but brackets in a text are text', async () => {
    const x = '['.repeat(10_000)
    expect((await town.send('tromost/json/up', JSON.stringify({ x }))).outcome).toBe('delivered')
    expect(town.getAttributes('urn:ngsi-ld:Thing:json')).toMatchObject({ x: { value: x } })
  })
})

describe('T47: of a name that is given twice', () => {
  test('the last value counts, and the log says it once', async () => {
    expect((await town.send('tromost/json/up', '{"t":1,"t":2,"t":3}')).outcome).toBe('delivered')
    expect(town.getAttributes('urn:ngsi-ld:Thing:json')).toMatchObject({ t: { value: 3 } })
    await town.send('tromost/json/up', '{"t":1,"t":2}')
    const warnings = town.agent.logs.filter(({ msg }) => /gives a name twice/.test(String(msg)))
    expect(warnings).toMatchObject([
      { level: 'warn', profile: 'case-json', topic: 'tromost/json/up', name: 't' },
    ])
  })
})

describe('T48: names that reach for prototypes', () => {
  test.each([
    ['{"__proto__":{"x":"polluted"},"t":1}', 1],
    ['{"t":2,"x":{"__proto__":{"y":"polluted"},"z":1}}', 2],
    ['{"\\u005f_proto__":{"x":"polluted"},"t":3}', 3],
  ])('of %s are left out, and nothing else has what they hold', async (payload, value) => {
    expect((await town.send('tromost/json/up', payload)).outcome).toBe('delivered')
    expect(town.getAttributes('urn:ngsi-ld:Thing:json')).toMatchObject({ t: { value } })
    await town.send('tromost/json/up', '{"t":4}')
    const attributes = town.getAttributes('urn:ngsi-ld:Thing:json')
    expect(attributes).toMatchObject({ t: { value: 4 } })
    expect(JSON.stringify(attributes)).not.toContain('polluted')
  })

  test('such as constructor are values like any other', async () => {
    const payload = '{"constructor":{"prototype":{"x":"polluted"}},"prototype":1,"toString":2,"t":5}'
    expect((await town.send('tromost/json/up', payload)).outcome).toBe('delivered')
    expect((await town.send('tromost/hex/up', '{"data":"037100"}')).code).toBe('DECODE_FAILED')
    await town.send('tromost/hex/up', '{"data":"0367d700"}')
    expect(Object.keys(town.getAttributes('urn:ngsi-ld:Thing:hex'))).toEqual(['t'])
  })
})

describe('T53: bytes that are damaged are quarantined with the place of the damage', () => {
  test.each<[string, string, string | Buffer, string]>([
    [
      'hexadecimal of odd length',
      'tromost/hex/up',
      '{"data":"0367d70"}',
      'expected an envelope with hex at data',
    ],
    [
      'hexadecimal with other letters',
      'tromost/hex/up',
      '{"data":"03xy"}',
      'expected an envelope with hex at data',
    ],
    [
      'a value that was cut off',
      'tromost/hex/up',
      '{"data":"0367d7"}',
      'expected 2 bytes of a value at 2, got bytes 0367d7',
    ],
    [
      'base64 with other letters',
      CHIRPSTACK('base64'),
      '{"data":"A*==","fPort":1}',
      'expected an uplink of ChirpStack with base64 at data',
    ],
    [
      'base64 that was cut off',
      CHIRPSTACK('base64'),
      '{"data":"A2fXA","fPort":1}',
      'expected an uplink of ChirpStack with base64 at data',
    ],
    [
      'Cayenne LPP that was cut off',
      'tromost/lpp/up',
      Buffer.from('016700', 'hex'),
      'expected 2 bytes of temperature at 2',
    ],
  ])('%s', async (_name, topic, payload, detail) => {
    expect(await quarantined(topic, payload)).toContain(detail)
  })

  test.each<[string, string, string | Buffer, string, unknown]>([
    [
      'an unknown channel',
      'hex',
      '{"data":"0367d700ff01"}',
      'expected a known channel at 4 instead of ff01',
      21.5,
    ],
    [
      'an unknown type of Cayenne LPP',
      'lpp',
      Buffer.from('0167011002ff', 'hex'),
      'expected a type of Cayenne LPP at 5',
      27.2,
    ],
  ])(
    'but the values before %s arrive, and the message is kept',
    async (_name, device, payload, detail, t) => {
      const fate = await town.send(`tromost/${device}/up`, payload)
      expect(fate).toMatchObject({ outcome: 'quarantined', code: 'DECODE_PARTIAL', payload: String(payload) })
      expect(fate.detail).toContain(detail)
      expect(town.getAttributes(`urn:ngsi-ld:Thing:${device}`)).toMatchObject({ t: { value: t } })
    },
  )

  test('and a whole one after them is delivered', async () => {
    await town.send(CHIRPSTACK('base64'), '{"data":"A2fXAA==","fPort":1}')
    await town.send('tromost/lpp/up', Buffer.from('01670110', 'hex'))
    expect(town.getAttributes('urn:ngsi-ld:Thing:base64')).toMatchObject({ t: { value: 21.5 } })
    expect(town.getAttributes('urn:ngsi-ld:Thing:lpp')).toMatchObject({ t: { value: 27.2 } })
  })
})
