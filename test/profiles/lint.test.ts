import { describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { checkDocument } from '../../src/document.ts'
import { lintProfile } from '../../src/profiles/lint.ts'
import { LINT_RULES } from '../../src/profiles/lint-rules.ts'
import { loadModelNames } from '../../src/profiles/model-names.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { parseYamlText } from '../../src/yaml-text.ts'
import { readText } from '../repository/files.ts'

type Raw = Readonly<Record<string, unknown>>

const CONTEXT = 'https://smart-data-models.github.io/dataModel.Weather/context.jsonld'
const CONTEXTS = {
  default: CONTEXT,
  indoor: 'https://smart-data-models.github.io/dataModel.Environment/context.jsonld',
}
const ATTRIBUTES: Raw = {
  dateObserved: { from: 'reading.observedAt' },
  temperature: { from: 't', min: -40, max: 85, unit: 'CEL' },
  location: { geo: 'device.location' },
}
const GOOD: Raw = {
  id: 'maker-model',
  vendor: 'Maker',
  model: 'Model',
  description: { en: 'A sensor', sl: 'Senzor' },
  source: 'https://example.com/data-sheet',
  interval: '10m',
  decode: { json: {} },
  entities: [{ type: 'WeatherObserved', context: CONTEXT, attributes: ATTRIBUTES }],
  samples: [
    { name: 'warm', payload: { json: { t: 20 } }, device: { id: 'd1' }, entities: [{ id: 'x', type: 'y' }] },
    { name: 'a heartbeat', payload: { json: {} }, device: { id: 'd1' }, entities: [] },
  ],
}
const READINGS = [{ values: { t: 20, humidity: 40, 'em:0': { power: 1 } }, observedAt: 0 }]
const models = loadModelNames()

/** Each finding as `rule key: problem`. */
function lint(changes: Raw, { file = 'devices/maker/model.yaml', readings = READINGS } = {}) {
  const { value: raw, locate, fault } = read(stringify({ ...GOOD, ...changes }))
  const checked = checkDocument(profileSchema, raw, file)
  if (fault !== undefined || checked.faults !== undefined) throw new Error(JSON.stringify({ fault, checked }))
  return lintProfile({ file, raw, profile: checked.value, locate, models, readings })
}

function read(text: string) {
  const read = parseYamlText(text)
  return { value: undefined, locate: () => undefined, ...read }
}

function say(changes: Raw, options = {}): readonly string[] {
  return lint(changes, options).map(({ rule, key, problem }) => `${rule} ${key}: ${problem}`)
}

function withAttributes(attributes: Raw, entity: Raw = {}): Raw {
  return { entities: [{ type: 'WeatherObserved', context: CONTEXT, attributes, ...entity }] }
}

test('a profile of good style has no findings', () => {
  expect(say({})).toEqual([])
})

test('a finding names file, rule, severity, key and place', () => {
  expect(lint({ source: 'web' })).toEqual([
    {
      file: 'devices/maker/model.yaml',
      rule: 'source',
      severity: 'error',
      key: 'source',
      problem: 'expected an address or a few words that say where the numbers come from, got "web"',
      line: 7,
      column: 1,
    },
  ])
})

describe('texts', () => {
  test('an id that is not that of folder and file is told', () => {
    expect(say({}, { file: 'devices/maker/other.yaml' })).toEqual([
      'file-name id: expected maker-other, after the folder and the name of the file, got "maker-model"',
    ])
    expect(say({}, { file: 'model.yaml' })).toEqual([])
  })

  test('a source in a few words is one', () => {
    expect(say({ source: 'Payload description of the maker' })).toEqual([])
  })

  test('one text for both languages is told', () => {
    expect(say({ description: { en: 'Senzor', sl: 'Senzor' } })).toEqual([
      'description description: expected a text of its own in each language, got "Senzor" twice',
    ])
  })
})

describe('order', () => {
  test('of the keys of a profile is that of the reference', () => {
    const { id, vendor, ...others } = GOOD
    const raw = stringify({ vendor, id, ...others })
    const { value, locate } = read(raw)
    const findings = lintProfile({
      file: 'devices/maker/model.yaml',
      raw: value,
      profile: profileSchema.parse(GOOD),
      locate,
      models,
      readings: READINGS,
    })
    expect(findings).toMatchObject([
      { rule: 'key-order', key: 'id', problem: 'expected id before vendor, got it behind', line: 2 },
    ])
  })

  test('of the keys of entities, attributes and samples is, too', () => {
    const temperature = { from: 't', unit: 'CEL', min: -40, max: 85 }
    expect(say(withAttributes({ ...ATTRIBUTES, temperature }))).toEqual([
      'key-order entities.0.attributes.temperature.min: expected min before unit, got it behind',
    ])
    expect(
      say({ entities: [{ context: CONTEXT, type: 'WeatherObserved', attributes: ATTRIBUTES }] }),
    ).toEqual(['key-order entities.0.type: expected type before context, got it behind'])
    const [first, second] = GOOD['samples'] as readonly Raw[]
    expect(say({ samples: [first, { ...second, topic: 'a' }] })).toEqual([
      'key-order samples.1.topic: expected topic before entities, got it behind',
    ])
  })

  test('of attributes is time, measured, place and references', () => {
    const { dateObserved, temperature, location } = ATTRIBUTES
    expect(say(withAttributes({ temperature, dateObserved, location }))).toEqual([
      'attribute-order entities.0.attributes.dateObserved: expected the time first, then what is measured, then location and references, got dateObserved behind temperature',
    ])
    expect(say(withAttributes({ dateObserved, location, temperature }))).toHaveLength(1)
  })
})

describe('numbers', () => {
  const AT = 'entities.0.attributes.temperature'

  test.each<[string, Raw]>([
    ['with a unit alone', { from: 't', unit: 'CEL' }],
    ['of an expression', { expr: 't * 2', unit: 'CEL' }],
    ['in parts', { from: { L1: 't', L2: 'humidity' }, unit: 'CEL' }],
  ])('a measured number %s needs a range', (_case, temperature) => {
    expect(say(withAttributes({ temperature }))).toEqual([
      `range ${AT}: expected min and max of what the sensor can measure, got neither`,
    ])
  })

  test('a measured number needs a unit', () => {
    expect(say(withAttributes({ temperature: { from: 't', min: 0, max: 1 } }))).toEqual([
      `unit ${AT}: expected a unit of the measured number, C62 for a count or a share, got nothing`,
    ])
  })

  test.each<[string, Raw]>([
    ['a fact of the device', { from: 'device.attributes.height', unit: 'MTR' }],
    ['a table', { from: 't', values: { low: 1, high: 2 }, unit: 'C62' }],
    ['what is added to a fact of the device', { from: 't', offset: 'device.attributes.zero', unit: 'CEL' }],
    ['a counter without an end', { from: 't', min: 0, unit: 'KWH' }],
    ['text', { from: 't' }],
  ])('%s needs no more', (_case, temperature) => {
    expect(say(withAttributes({ temperature }))).toEqual([])
  })

  describe('read from bytes', () => {
    const bytes = (field: unknown) => ({ decode: { bytes: { fields: { t: field } } } })
    const attribute = { from: 't', min: -40, max: 85, unit: 'CEL' }

    test.each<[string, unknown, Raw, number]>([
      ['u8', 'u8', { ...attribute, max: 255 }, 255],
      ['i16le', { read: 'i16le', scale: 0.01 }, { ...attribute, max: 400 }, 32_767],
      ['u16be', 'u16be', { from: 't', scale: 0.001, max: 70, unit: 'MTR' }, 65_535],
    ])('a sentinel of %s within the range is told', (_reader, field, temperature, raw) => {
      expect(say({ ...bytes(field), ...withAttributes({ temperature }) })).toEqual([
        `sentinel ${AT}: expected a range without what ${raw} gives, which often means no value, or it under absent, got max ${temperature['max']}`,
      ])
    })

    test.each<[string, unknown, Raw]>([
      ['outside of the range', { read: 'u8', scale: 0.5 }, attribute],
      ['that is named as absent', 'u8', { from: 't', absent: [255], min: 0, max: 255, unit: 'C62' }],
      ['of a few bits', { read: 'u8', bits: { offset: 0, length: 4 } }, { ...attribute, max: 300 }],
      ['of four bytes', 'u32be', { ...attribute, max: 5e9 }],
    ])('one %s is fine', (_case, field, temperature) => {
      expect(say({ ...bytes(field), ...withAttributes({ temperature }) })).toEqual([])
    })

    test('is found in records and groups, too', () => {
      const temperature = { ...attribute, max: 300 }
      const decodes = [
        { channels: { '01 02': { t: 'u8' } } },
        { words: { groups: [{ t: 'u8' }] } },
        { bytes: { fPort: { 1: [{ fields: { t: 'u8' } }] } } },
        { bytes: { layouts: [{ fields: { t: 'u8' } }] } },
      ]
      for (const decode of decodes) {
        expect(lint({ decode, ...withAttributes({ temperature }) }).map(({ rule }) => rule)).toEqual([
          'sentinel',
        ])
      }
    })
  })
})

describe('names of the Smart Data Models', () => {
  test('a type that has none is told, with what was meant', () => {
    expect(say(withAttributes(ATTRIBUTES, { type: 'WheatherObserved', context: undefined }))).toEqual([
      'model-type entities.0.type: expected a type of the Smart Data Models, such as WeatherObserved, got "WheatherObserved"',
    ])
  })

  test('an attribute that the model has not is told, with what was meant', () => {
    const relativeHumdity = { from: 'humidity', scale: 0.01, min: 0, max: 1, unit: 'C62' }
    expect(say(withAttributes({ ...ATTRIBUTES, relativeHumdity, location: undefined }))).toEqual([
      'model-attribute entities.0.attributes.relativeHumdity: expected an attribute of WeatherObserved, such as relativeHumidity, got relativeHumdity',
    ])
  })

  test('an attribute that one of two models has not is told', () => {
    const type = { default: 'WeatherObserved', indoor: 'IndoorEnvironmentObserved' }
    const { temperature } = ATTRIBUTES
    const snowHeight = { from: 't', min: 0, max: 1, unit: 'MTR' }
    expect(say(withAttributes({ temperature, snowHeight }, { type, context: CONTEXTS }))).toEqual([
      'model-attribute entities.0.attributes.snowHeight: expected an attribute of IndoorEnvironmentObserved, got snowHeight',
    ])
  })

  test('a context of another model is told, and a missing one', () => {
    const other = 'https://smart-data-models.github.io/dataModel.Device/context.jsonld'
    expect(say(withAttributes(ATTRIBUTES, { context: other }))).toEqual([
      `context entities.0.context: expected ${CONTEXT}, the context of WeatherObserved, got "${other}"`,
    ])
    expect(say(withAttributes(ATTRIBUTES, { context: undefined }))).toEqual([
      `context entities.0.context: expected ${CONTEXT}, the context of WeatherObserved, got nothing`,
    ])
    expect(say(withAttributes(ATTRIBUTES, { context: 'https://kranj.example/context.jsonld' }))).toEqual([])
  })

  test('types of several models each have the context of their own', () => {
    const type = { default: 'WeatherObserved', indoor: 'IndoorEnvironmentObserved' }
    const { indoor } = CONTEXTS
    expect(say(withAttributes(ATTRIBUTES, { type }))).toEqual([
      `context entities.0.context: expected ${indoor}, the context of IndoorEnvironmentObserved, got "${CONTEXT}"`,
    ])
    expect(say(withAttributes(ATTRIBUTES, { type, context: { default: CONTEXT, indoor: CONTEXT } }))).toEqual(
      [
        `context entities.0.context.indoor: expected ${indoor}, the context of IndoorEnvironmentObserved, got "${CONTEXT}"`,
      ],
    )
    expect(say(withAttributes(ATTRIBUTES, { type, context: CONTEXTS }))).toEqual([])
  })
})

describe('samples', () => {
  test('that all go well are told', () => {
    const [first] = GOOD['samples'] as readonly Raw[]
    expect(say({ samples: [first] })).toEqual([
      'sample-trouble samples: expected a sample of something going wrong, such as a heartbeat or a sentinel, got 1 that give the same attributes',
    ])
  })

  test('that never have what a path names are told, with what was meant', () => {
    const AT = 'entities.0.attributes'
    const number = { min: 0, max: 1, unit: 'C62' }
    expect(say(withAttributes({ relativeHumidity: { from: 'humdity', ...number } }))).toEqual([
      `path ${AT}.relativeHumidity.from: expected a path that a sample has, got humdity (was humidity meant?)`,
    ])
    expect(say(withAttributes({ relativeHumidity: { from: { a: 'x', b: 'y' }, ...number } }))).toEqual([
      `path ${AT}.relativeHumidity.from: expected a path that a sample has, got x (they have t, humidity, em:0.power)`,
    ])
    expect(say(withAttributes({ location: { geo: 'place' } }))).toEqual([
      expect.stringMatching(/^path .*location\.geo: /),
    ])
  })

  test('that cannot be decoded say nothing of paths', () => {
    expect(say(withAttributes({ relativeHumidity: { from: 'x' } }), { readings: [] })).toEqual([])
  })
})

test('devices/README.md names every rule', () => {
  const guide = readText('devices/README.md')
  expect(Object.keys(LINT_RULES).filter(rule => !guide.includes(`\`${rule}\``))).toEqual([])
})
