import { describe, expect, test } from '@jest/globals'
import { checkDocument, formatFault } from '../../src/document.ts'
import { FORMAT_NAMES } from '../../src/profiles/formats.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { SOUND } from './sound-profile.ts'

function getFaults(changes: Readonly<Record<string, unknown>>): readonly string[] {
  return (checkDocument(profileSchema, { ...SOUND, ...changes }, 'devices/x.yaml').faults ?? []).map(
    formatFault,
  )
}

function getAttributeFaults(attribute: unknown, name = 'temperature'): readonly string[] {
  return getFaults({ entities: [{ type: 'Thing', attributes: { [name]: attribute } }] })
}

const AT = 'devices/x.yaml: entities.0.attributes.temperature'

describe('a profile', () => {
  test('without faults is taken, with its defaults', () => {
    const profile = profileSchema.parse(SOUND)
    expect(profile.interval).toBe(600_000)
    expect(profile.outOfRange).toBe('omit')
    expect(profile.entities[0]?.id).toBe('urn:ngsi-ld:{type}:{device.id}')
    expect(profile.decode.json?.timezone).toBe('UTC')
    expect(profile.samples[0]?.receivedAt).toBe('2026-01-15T09:00:00Z')
  })

  test('with a misspelt key is refused by the name of the key', () => {
    expect(getFaults({ outOfRnage: 'omit' })).toEqual(['devices/x.yaml: outOfRnage: this key is not known'])
    expect(getAttributeFaults({ from: 't', untis: 'CEL' })).toEqual([`${AT}.untis: this key is not known`])
  })

  test.each([
    [
      { id: 'Maker_Model' },
      'id: expected small letters, digits and hyphens, such as milesight-ws302, got "Maker_Model"',
    ],
    [{ interval: '10' }, 'interval: expected a duration with its unit, such as 10m or 1h, got "10"'],
    [{ interval: '0s' }, 'interval: expected a duration with its unit, such as 10m or 1h, got "0s"'],
    [{ description: { en: 'A sensor' } }, 'description.sl: expected string, got nothing'],
    [{ samples: [] }, 'samples: expected a list with at least one sample, got []'],
    [{ samples: undefined }, 'samples: expected a list with at least one sample, got nothing'],
    [{ decode: {} }, `decode: expected exactly one of ${FORMAT_NAMES.join(', ')}, got {}`],
    [
      { decode: { json: {}, text: {} } },
      `decode: expected exactly one of ${FORMAT_NAMES.join(', ')}, got {"json":{},"text":{}}`,
    ],
    [
      { decode: { json: { path: 'a..b' } } },
      'decode.json.path: expected a path such as params or object.data, got "a..b"',
    ],
    [
      { decode: { json: { timezone: 'Kranj' } } },
      'decode.json.timezone: expected an IANA time zone such as Europe/Ljubljana, got "Kranj"',
    ],
    [{ outOfRange: 'ignore' }, 'outOfRange: expected one of omit, quarantine, got "ignore"'],
    [
      { entities: [{ type: 'Weather-Observed', attributes: {} }] },
      'entities.0.type: expected an entity type of letters, digits and _, or one for each placement, got "Weather-Observed"',
    ],
    [
      { entities: [{ type: 'Thing', context: 'urn:weather', attributes: {} }] },
      'entities.0.context: expected the http or https address of a JSON-LD context in plain ASCII, got "urn:weather"',
    ],
    [
      { entities: [{ type: 'Thing', context: { indoor: 'https://example.org/c' }, attributes: {} }] },
      'entities.0.context.default: expected the http or https address of a JSON-LD context in plain ASCII, got nothing',
    ],
    [
      { entities: [{ type: 'Thing', id: 'urn:{devcie.id}', attributes: {} }] },
      'entities.0.id: expected text with {type}, {tenant}, {device.id}, {device.attributes.…} or {reading.values.…} only, got "urn:{devcie.id}"',
    ],
    [
      { samples: [{ name: 'x', payload: { json: 1, text: '1' }, device: { id: 'd' }, entities: [] }] },
      'samples.0.payload: expected exactly one of json, text, hex, got {"json":1,"text":"1"}',
    ],
    [
      { samples: [{ name: 'x', payload: { json: 1, fPort: 2 }, device: { id: 'd' }, entities: [] }] },
      'samples.0.payload: expected hex beside fPort, the bytes of a LoRaWAN frame, got {"json":1,"fPort":2}',
    ],
  ])('with %j is refused', (changes, fault) => {
    expect(getFaults(changes)).toEqual([`devices/x.yaml: ${fault}`])
  })
})

describe('an attribute', () => {
  test.each([
    [
      { from: 't', unit: 'Celsius' },
      '.unit: expected a UN/CEFACT common code such as CEL (degree Celsius), got "Celsius"',
    ],
    [{ from: 't', min: 2, max: 1 }, '.min: expected min to be at most max, got 2'],
    [
      { from: 'a..b' },
      '.from: expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor, got "a..b"',
    ],
    [
      { from: 'device.colour' },
      '.from: expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor, got "device.colour"',
    ],
    [
      { from: 'reading.time' },
      '.from: expected a path into the values, such as temperature or em:0.voltage, or device.attributes.floor, got "reading.time"',
    ],
    [
      { from: 't', value: 1 },
      ': expected exactly one of from, expr, value, geo, relationship, got {"from":"t","value":1}',
    ],
    [{ unit: 'CEL' }, ': expected exactly one of from, expr, value, geo, relationship, got {"unit":"CEL"}'],
    [{ value: 1, values: { a: 1 } }, '.values: expected values only beside from or expr, got {"a":1}'],
    [
      { value: 1, scale: 2 },
      ': expected number, divide, scale, offset, round, min and max only beside from or expr, got {"value":1,"scale":2}',
    ],
    [
      { from: 't', unit: 'CEL', values: { a: 'warm' } },
      '.values: expected numbers only, because a range, a unit or arithmetic follows, got {"a":"warm"}',
    ],
    [
      { geo: 'device.location', kind: 'property' },
      '.kind: expected the kind that the source gives, got "property"',
    ],
    [
      { from: 't', kind: 'geo', scale: 2 },
      '.kind: expected kind property or list where numbers are made, got "geo"',
    ],
    [
      { value: 'on', unit: 'CEL' },
      '.unit: expected a unit only for numbers: beside from or expr, or beside value with a number, got "CEL"',
    ],
    [
      { from: 't', scale: 'distance' },
      '.scale: expected a number, or a path such as device.attributes.binHeight, got "distance"',
    ],
    [
      { from: { __proto__x: 'a', 'a b': 'c' } },
      '.from: expected parts named with letters, digits and _, or by language where kind is language, got {"__proto__x":"a","a b":"c"}',
    ],
    [{ expr: 'a +' }, '.expr: expected a value at character 4, got "a +"'],
    [
      { expr: 5 },
      '.expr: expected an expression in JEXL syntax, such as pulses * device.attributes.litresPerPulse, got 5',
    ],
    [{ from: 't', when: 'a ==' }, '.when: expected a value at character 5, got "a =="'],
    [
      { from: 't', expr: 't' },
      ': expected exactly one of from, expr, value, geo, relationship, got {"from":"t","expr":"t"}',
    ],
    [{ value: 1, absent: [1] }, '.absent: expected absent only beside from or expr, got [1]'],
    [{ from: 't', absent: [] }, '.absent: expected at least 1, got []'],
    [{ from: 't', number: false }, '.number: expected true, or no key number at all, got false'],
    [
      { value: 1, number: true },
      ': expected number, divide, scale, offset, round, min and max only beside from or expr, got {"value":1,"number":true}',
    ],
    [
      { value: { slo_SI: 'x' }, kind: 'language' },
      '.value: expected a constant of the kind that kind says, got {"slo_SI":"x"}',
    ],
    [{ value: 5, kind: 'vocab' }, '.value: expected a constant of the kind that kind says, got 5'],
    [{ value: 5, kind: 'list' }, '.value: expected a constant of the kind that kind says, got 5'],
    [
      { from: { 'sl-SI': 'a' } },
      '.from: expected parts named with letters, digits and _, or by language where kind is language, got {"sl-SI":"a"}',
    ],
    [
      { from: { slo_SI: 'a' }, kind: 'language' },
      '.from: expected parts named with letters, digits and _, or by language where kind is language, got {"slo_SI":"a"}',
    ],
    [
      { from: 't', kind: 'json', unit: 'CEL' },
      '.kind: expected kind property or list where numbers are made, got "json"',
    ],
    [
      { from: 't', extra: { value: { value: 1 } } },
      '.extra.value: expected a sub-attribute named with letters, digits and _, and not as a member of attributes, got {"value":1}',
    ],
    [{ from: 't', extra: { a: { value: 1, extra: {} } } }, '.extra.a.extra: this key is not known'],
  ])('%j is refused', (attribute, fault) => {
    expect(getAttributeFaults(attribute)).toContain(`${AT}${fault}`)
  })

  test.each(['id', 'type', 'scope', '@context', 'pm2.5', 'čas', 'a-b'])('named %s is refused', name => {
    expect(getAttributeFaults({ from: 't' }, name)).toEqual([
      `devices/x.yaml: entities.0.attributes.${name}: expected a name of letters, digits and _ that is not reserved instead of "${name}", got {"from":"t"}`,
    ])
  })

  test('may have a number as its constant with a unit', () => {
    expect(getAttributeFaults({ value: 5, unit: 'MTR' })).toEqual([])
  })
})
