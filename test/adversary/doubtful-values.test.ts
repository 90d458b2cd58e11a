import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CaseTown } from './case-town.ts'

const YEAR_MS = 365.25 * 86_400_000

/** Whatever the profile is asked for: a number, anything, and what shows that the rest of the message arrives. */
const ATTRIBUTES = { k: { from: 'k' }, n: { from: 'n', number: true }, x: { from: 'x' } }
const RANGES = {
  t: { from: 't', unit: 'CEL', absent: [85], min: -55, max: 125 },
  level: { from: 'level', scale: 0.1, unit: 'MTR', min: 0, max: 20 },
  battery: { from: 'battery', scale: 0.01, unit: 'C62', min: 0, max: 1 },
  x: { from: 'x' },
}

let town: CaseTown
let caseCount = 0

beforeAll(async () => {
  town = await CaseTown.start({
    profiles: {
      'case-json': { decode: { json: {} }, attributes: ATTRIBUTES },
      'case-cbor': { decode: { cbor: {} }, attributes: ATTRIBUTES },
      'case-comma': {
        decode: { text: { name: 'n', decimal: ',' } },
        attributes: { n: { from: 'n', number: true } },
      },
      'case-ranges': { decode: { json: {} }, attributes: RANGES },
      'case-strict': { decode: { json: {} }, attributes: RANGES, outOfRange: 'quarantine' },
      'case-time': {
        decode: { json: { observedAt: 'time', timezone: 'Europe/Ljubljana' } },
        attributes: { k: { from: 'k' } },
      },
    },
    tenant: {
      groups: ['json', 'cbor', 'comma', 'ranges', 'strict', 'time'].map(apikey => ({
        apikey,
        profile: `case-${apikey}`,
        unknownDevices: 'create',
      })),
    },
  })
})

afterAll(() => town.close())

/** Sends one message of a device that nobody has heard of before, so that its entity is what comes of that message. */
async function send(group: string, payload: string | Buffer, name = '') {
  caseCount += 1
  const device = `${group}-${caseCount}`
  const omittedBefore = await town.getOmitted()
  const fate = await town.send(`/${group}/${device}/attrs${name}`, payload)
  const omitted = (await town.getOmitted()) - omittedBefore
  const attributes =
    fate.outcome === 'delivered' ? town.getAttributes(`urn:ngsi-ld:Thing:${device}`) : undefined
  return { ...fate, omitted, attributes }
}

function getValues(attributes: Readonly<Record<string, unknown>> = {}) {
  const values = Object.entries(attributes).map(([name, attribute]) => [
    name,
    (attribute as { readonly value: unknown }).value,
  ])
  return Object.fromEntries(values)
}

function getObservedAt(attributes: Readonly<Record<string, unknown>> = {}) {
  const { observedAt } = attributes['k'] as { readonly observedAt: string }
  return observedAt
}

describe('T49: a number that cannot be sent as it is', () => {
  test.each<[string, string, string | Buffer, object, number]>([
    ['1e400 as a number is left out', 'json', '{"k":1,"n":1e400}', { k: 1 }, 1],
    ['1e400 as a plain value is left out', 'json', '{"k":1,"x":1e400}', { k: 1 }, 1],
    ['1e400 in an object takes all of it along', 'json', '{"k":1,"x":{"a":[2,1e400]}}', { k: 1 }, 1],
    ['NaN as text is no number', 'json', '{"k":1,"n":"NaN"}', { k: 1 }, 1],
    ['NaN as text is text', 'json', '{"k":1,"x":"NaN"}', { k: 1, x: 'NaN' }, 0],
    ['NaN of CBOR is left out', 'cbor', Buffer.from('a2616b01616ef97e00', 'hex'), { k: 1 }, 1],
    ['Infinity of CBOR in a list is, too', 'cbor', Buffer.from('a2616b01617881f97c00', 'hex'), { k: 1 }, 1],
    ['-0 is 0', 'json', '{"k":1,"n":-0,"x":-0}', { k: 1, n: 0, x: 0 }, 0],
    ['twenty digits are left out as a number', 'json', '{"k":1,"n":12345678901234567890}', { k: 1 }, 1],
    ['twenty digits are left out as a plain value', 'json', '{"k":1,"x":12345678901234567890}', { k: 1 }, 1],
    [
      'twenty digits of text stay text',
      'json',
      '{"k":1,"x":"12345678901234567890"}',
      { k: 1, x: '12345678901234567890' },
      0,
    ],
    ['12,5 is no number', 'json', '{"k":1,"n":"12,5"}', { k: 1 }, 1],
    ['12,5 is text', 'json', '{"k":1,"x":"12,5"}', { k: 1, x: '12,5' }, 0],
    ['12,5 is a number where the profile says so', 'comma', '12,5', { n: 12.5 }, 0],
  ])('%s', async (_name, group, payload, values, omitted) => {
    const { attributes, ...fate } = await send(group, payload)
    expect(fate).toMatchObject({ outcome: 'delivered', omitted })
    expect(getValues(attributes)).toEqual(values)
  })

  test('is no JSON when it is a bare NaN', async () => {
    expect(await send('json', '{"k":1,"n":NaN}')).toMatchObject({
      outcome: 'quarantined',
      detail: 'expected JSON (broken at byte 11), got {"k":1,"n":NaN}',
    })
  })
})

describe('T50: what a sensor sends when it has nothing to say', () => {
  test.each([
    [
      '-127 of a sensor that is not there',
      '{"t":-127}',
      'Thing.t: expected a number from -55 to 125, got -127',
    ],
    ['0x7FFF', '{"t":32767}', 'Thing.t: expected a number from -55 to 125, got 32767'],
    ['6553.5 after scaling', '{"level":65535}', 'Thing.level: expected a number from 0 to 20, got 6553.5'],
    ['a battery of 255 %', '{"battery":255}', 'Thing.battery: expected a number from 0 to 1, got 2.55'],
  ])(
    '%s is left out and counted, or kept whole with the reason, as the profile says',
    async (_name, payload, detail) => {
      const withOthers = payload.replace('}', ',"x":"other"}')
      const { attributes, omitted } = await send('ranges', withOthers)
      expect([getValues(attributes), omitted]).toEqual([{ x: 'other' }, 1])
      expect(await send('strict', withOthers)).toMatchObject({
        outcome: 'quarantined',
        code: 'MAP_FAILED',
        detail,
        payload: withOthers,
      })
    },
  )

  test('85, which could be measured, is absent where the profile says so', async () => {
    const { attributes } = await send('strict', '{"t":85.0,"battery":90}')
    expect(getValues(attributes)).toEqual({ battery: 0.9 })
  })
})

describe('T51: the observed time', () => {
  test.each([
    ['Unix time in seconds', '1700000000', '2023-11-14T22:13:20.000Z'],
    ['Unix time in milliseconds', '1700000000000', '2023-11-14T22:13:20.000Z'],
    ['Unix time as text', '"1700000000"', '2023-11-14T22:13:20.000Z'],
    ['no zone', '"2023-07-01T12:00:00"', '2023-07-01T10:00:00.000Z'],
    ['29 February of a leap year', '"2024-02-29T12:00:00Z"', '2024-02-29T12:00:00.000Z'],
    ['the hour that comes twice, the one nearer to now', '"2020-10-25T02:30:00"', '2020-10-25T01:30:00.000Z'],
    ['the hour that comes twice, with its zone', '"2020-10-25T02:30:00+02:00"', '2020-10-25T00:30:00.000Z'],
    ['the hour that there is not', '"2020-03-29T02:30:00"', '2020-03-29T01:30:00.000Z'],
    ['a leap second', '"2016-12-31T23:59:60Z"', '2017-01-01T00:00:00.000Z'],
  ])('of %s is understood', async (_name, time, observedAt) => {
    const { attributes } = await send('time', `{"k":1,"time":${time}}`)
    expect(attributes).toMatchObject({ k: { value: 1, observedAt } })
  })

  test.each([
    ['1970', '"1970-01-01T00:03:20Z"'],
    ['a clock that counts from its start', '200'],
    ['in ten years', JSON.stringify(new Date(Date.now() + 10 * YEAR_MS).toISOString())],
    ['29 February of another year', '"2023-02-29T12:00:00Z"'],
    ['a word', '"yesterday"'],
    ['a number beyond all times', '1e300'],
  ])('of %s is not believed but counted, and the time of receipt is kept', async (_name, time) => {
    const before = new Date().toISOString()
    const doubtedBefore = await town.getDoubted()
    const { attributes } = await send('time', `{"k":1,"time":${time}}`)
    const observedAt = getObservedAt(attributes)
    expect(await town.getDoubted()).toBe(doubtedBefore + 1)
    expect([before, observedAt, new Date().toISOString()].toSorted()).toEqual([
      before,
      observedAt,
      expect.any(String),
    ])
  })
})

describe('T52: what is too much', () => {
  const LONG = 'a'.repeat(200_000)
  const MANY = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`attribute_${index}`, index]))

  test('a text of 200,000 characters is left out, or one reason in the quarantine', async () => {
    const { attributes, omitted } = await send('json', JSON.stringify({ k: 1, x: LONG }))
    expect([getValues(attributes), omitted]).toEqual([{ k: 1 }, 1])
    const { detail } = await send('strict', JSON.stringify({ t: 1, x: LONG }))
    expect(detail).toMatch(/^Thing\.x: expected a value of at most 65536 characters, got "a{79}…$/)
  })

  test('of 5,000 values those are taken that the profile names', async () => {
    const { attributes, omitted } = await send('json', JSON.stringify({ ...MANY, k: 1 }))
    expect([getValues(attributes), omitted]).toEqual([{ k: 1 }, 0])
  })

  test('5,000 values as one are left out together', async () => {
    const { attributes, omitted } = await send('json', JSON.stringify({ k: 1, x: MANY }))
    expect([getValues(attributes), omitted]).toEqual([{ k: 1 }, 1])
  })

  test('a name of 300 characters names nothing, in a payload or in a topic', async () => {
    const name = 'n'.repeat(300)
    const { attributes } = await send('json', JSON.stringify({ k: 1, [name]: 2 }))
    expect(getValues(attributes)).toEqual({ k: 1 })
    expect((await send('json', '2', `/${name}`)).outcome).toBe('skipped')
  })

  test('more than 1000 readings in a message are refused, all of them', async () => {
    const readings = Array.from({ length: 1_001 }, (_, k) => ({ k }))
    expect(await send('json', JSON.stringify(readings))).toMatchObject({
      outcome: 'quarantined',
      detail: expect.stringMatching(/^expected at most 1000 readings in one message, got \[\{"k":0\}/),
    })
  })
})
