import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type FindFaults, loadModelSchemas } from '../../src/validation/model-schemas.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { WEATHER_FILES } from './weather-schema.ts'

const TYPES = new Set(['WeatherObserved', 'ParkingSpot'])

let folder: AgentFolder

beforeEach(() => {
  folder = new AgentFolder()
  for (const [name, content] of Object.entries(WEATHER_FILES)) folder.write(name, content)
})

afterEach(() => folder.remove())

function load(types: ReadonlySet<string> = TYPES) {
  const { faults = [], ...rest } = loadModelSchemas(join(folder.path, 'schemas'), types)
  return { faults, schemas: 'value' in rest ? rest.value : new Map<string, FindFaults>() }
}

describe('a folder of schemas', () => {
  test('gives the schema of each type that is asked for, with what it names in other files', () => {
    const { schemas } = load()
    expect([...schemas.keys()]).toEqual(['WeatherObserved'])
    const findFaults = schemas.get('WeatherObserved')
    const faults = findFaults?.({
      id: 'no uri',
      type: 'WeatherObserved',
      dateObserved: 'x',
      temperature: 'hot',
    })
    expect(faults?.map(({ instancePath, keyword }) => [instancePath, keyword])).toEqual([
      ['/id', 'format'],
      ['/temperature', 'type'],
    ])
  })

  test('is no fault when a file of a type that nobody asks for is broken', () => {
    folder.write('schemas/dataModel.Parking/ParkingSpot/schema.json', '{ "$ref": "https://example.com/x" }')
    expect(load(new Set(['WeatherObserved'])).faults).toEqual([])
  })

  test('is at fault when a schema names what is not there, or is not JSON', () => {
    folder.write('schemas/dataModel.Parking/ParkingSpot/schema.json', '{ "$ref": "https://example.com/x" }')
    folder.write('schemas/dataModel.Weather/WeatherObserved/schema.json', '{')
    const { faults } = load()
    expect(faults.map(({ file }) => file.slice(folder.path.length))).toEqual([
      '/schemas/dataModel.Parking/ParkingSpot/schema.json',
      '/schemas/dataModel.Weather/WeatherObserved/schema.json',
    ])
    expect(faults[0]?.problem).toContain('https://example.com/x')
    expect(faults[1]?.problem).toMatch(/^expected a JSON Schema and all that it names, got /)
  })

  test('is at fault when there is none', () => {
    expect(loadModelSchemas(join(folder.path, 'nowhere'), TYPES).faults).toEqual([
      { file: join(folder.path, 'nowhere'), key: '', problem: 'expected a folder of JSON Schemas, got none' },
    ])
  })
})

describe('T71: a pattern of a schema', () => {
  const write = (pattern: string) => {
    const schema = { type: 'object', properties: { name: { type: 'string', pattern } } }
    folder.write('schemas/dataModel.Test/Named/schema.json', JSON.stringify(schema))
    return load(new Set(['Named']))
  }

  test.each([
    ['(a+)+$', `${'a'.repeat(4_000)}!`],
    ['^(a|aa)+$', `${'a'.repeat(4_000)}b`],
  ])('that takes exponential time elsewhere is answered here: %s', (pattern, text) => {
    const findFaults = write(pattern).schemas.get('Named')
    expect(findFaults?.({ name: text }).map(({ keyword }) => keyword)).toEqual(['pattern'])
    expect(findFaults?.({ name: 'aaa' })).toEqual([])
  })

  test('is not fitted by a text that is too long to be searched', () => {
    const findFaults = write('a').schemas.get('Named')
    expect(findFaults?.({ name: 'a'.repeat(8_192) })).toEqual([])
    expect(findFaults?.({ name: 'a'.repeat(8_193) })).toHaveLength(1)
  })

  test('that cannot be matched in such time is a fault that names it', () => {
    const [fault] = write('^(?=.*a).*$').faults
    expect(fault?.problem).toContain('pattern "^(?=.*a).*$": expected no group with ? other than (?:…)')
  })
})
