import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import { GENERATED_DOCUMENTS } from '../../src/generate/documents.ts'
import { SOUND } from '../profiles/sound-profile.ts'
import { listFiles, readText } from '../repository/files.ts'

const SCHEMA_LINE = /^# yaml-language-server: \$schema=(\S+)$/m

const DEVICES = listFiles('devices').filter(file => file.endsWith('.yaml'))

let isProfile: ValidateFunction
let isConfig: ValidateFunction
let isProvision: ValidateFunction

beforeAll(() => {
  isProfile = compile('config/profile.schema.json')
  isConfig = compile('config/tromost.schema.json')
  isProvision = compile('config/provision.schema.json')
})

test.each(Object.entries(GENERATED_DOCUMENTS))('%s is what `npm run generate` writes', (path, text) => {
  expect(readText(path)).toBe(text)
})

describe('the generated schemas', () => {
  test.each(DEVICES)('take %s', file => {
    expect(findFaults(isProfile, parse(readText(file)))).toEqual([])
  })

  test('take the configuration and the provisioning that ship', () => {
    expect(findFaults(isConfig, parse(readText('config/tromost.yaml')))).toEqual([])
    expect(findFaults(isProvision, parse(readText('config/provision.yaml')))).toEqual([])
    expect(findFaults(isProvision, parse(readText('config/compose/provision.yaml')))).toEqual([])
  })

  test('take what is commented out in the provisioning that ships', () => {
    const text = readText('config/provision.yaml')
      .replace(/^(\w+): \[\]$/gm, '$1:')
      .replace(/^# {2}(?= *(?:- |\w))/gm, '  ')
    const provision = parse(text)
    expect(provision.devices).toHaveLength(1)
    expect(findFaults(isProvision, provision)).toEqual([])
  })

  test('take references to the environment and to files, in any form of text', () => {
    const destination = { id: 'main', dialect: 'ngsi-ld', url: '$' + '{env:BROKER}' }
    const auth = { kind: 'bearer', token: '$' + '{file:/run/secrets/token}' }
    expect(findFaults(isConfig, { destinations: [{ ...destination, auth }] })).toEqual([])
    const device = { tenant: 'kranj', id: 'd1', profile: 'p', passwordHash: '$' + '{env:HASH}' }
    expect(findFaults(isProvision, { devices: [device] })).toEqual([])
  })

  test.each<[string, object, string]>([
    ['a misspelt key', { vendro: 'x' }, ' must NOT have additional properties'],
    ['no sample', { samples: [] }, '/samples must NOT have fewer than 1 items'],
    ['no samples at all', { samples: undefined }, " must have required property 'samples'"],
    ['an interval without unit', { interval: '10' }, '/interval must match pattern'],
    ['two formats', { decode: { json: {}, text: {} } }, '/decode must match exactly one schema in oneOf'],
    ['a format that there is not', { decode: { jsno: {} } }, '/decode must NOT have additional properties'],
    ['one language', { description: { en: 'x' } }, "/description must have required property 'sl'"],
    [
      'an unknown unit',
      { entities: [{ type: 'Thing', attributes: { t: { from: 't', unit: 'Celsius' } } }] },
      '/entities/0/attributes/t/unit must be equal to one of the allowed values',
    ],
    [
      'two sources of one attribute',
      { entities: [{ type: 'Thing', attributes: { t: { from: 't', expr: 't' } } }] },
      '/entities/0/attributes/t must match exactly one schema in oneOf',
    ],
    [
      'a misspelt key of an attribute',
      { entities: [{ type: 'Thing', attributes: { t: { from: 't', scael: 1 } } }] },
      '/entities/0/attributes/t must NOT have additional properties',
    ],
    [
      'a reader that there is not',
      { decode: { bytes: { fields: { t: 'u12' } } } },
      '/decode/bytes/fields/t must be equal to one of the allowed values',
    ],
    [
      'two payloads in a sample',
      { samples: [{ name: 'x', payload: { json: 1, text: '1' }, device: { id: 'd' }, entities: [] }] },
      '/samples/0/payload must match exactly one schema in oneOf',
    ],
  ])('refuse a profile with %s', (_case, changes, fault) => {
    const profile = JSON.parse(JSON.stringify({ ...SOUND, ...changes }))
    expect(findFaults(isProfile, SOUND)).toEqual([])
    expect(findFaults(isProfile, profile)).toEqual(
      expect.arrayContaining([expect.stringMatching(toStart(fault))]),
    )
  })

  test.each<[string, object, string]>([
    ['a misspelt key', { jurnal: {} }, ' must NOT have additional properties'],
    ['a port that is none', { http: { port: 70_000 } }, '/http/port must be <= 65535'],
    ['a size without unit', { journal: { maxBytes: 4 } }, '/journal/maxBytes must be string'],
    ['a duration in words', { journal: { retention: 'a day' } }, '/journal/retention must match pattern'],
    [
      'an address that is none',
      { destinations: [{ id: 'main', dialect: 'ngsi-ld', url: 'broker' }] },
      '/destinations/0/url must match format "uri"',
    ],
  ])('refuse a configuration with %s', (_case, config, fault) => {
    expect(findFaults(isConfig, config)).toEqual(
      expect.arrayContaining([expect.stringMatching(toStart(fault))]),
    )
  })

  test.each<[string, object, string]>([
    ['a misspelt key', { tenats: [] }, ' must NOT have additional properties'],
    ['a tenant in capitals', { tenants: [{ id: 'Kranj' }] }, '/tenants/0/id must match pattern'],
    [
      'a device without profile',
      { devices: [{ tenant: 'kranj', id: 'd1' }] },
      "/devices/0 must have required property 'profile'",
    ],
  ])('refuse a provisioning with %s', (_case, provision, fault) => {
    expect(findFaults(isProvision, provision)).toEqual(
      expect.arrayContaining([expect.stringMatching(toStart(fault))]),
    )
  })

  test('tell an editor what every key means', () => {
    const schema = JSON.parse(readText('config/profile.schema.json'))
    const { attribute, field, sample } = schema.definitions
    for (const node of [schema, schema.properties.decode, attribute, field, sample]) {
      const keys = Object.entries<{ readonly description?: string }>(node.properties)
      expect(keys.filter(([, { description = '' }]) => description.length < 8)).toEqual([])
    }
    expect(schema.definitions.unit.enumDescriptions[schema.definitions.unit.enum.indexOf('CEL')]).toBe(
      'degree Celsius',
    )
  })
})

test.each([...DEVICES, 'config/tromost.yaml', 'config/provision.yaml', 'config/compose/provision.yaml'])(
  'the schema that %s names for editors is there',
  file => {
    const [, path] = SCHEMA_LINE.exec(readText(file)) ?? []
    if (path !== undefined) expect(existsSync(join(dirname(file), path))).toBe(true)
    expect(path === undefined && file.startsWith('config')).toBe(false)
  },
)

function compile(path: string): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  for (const format of ['cidrv4', 'cidrv6']) ajv.addFormat(format, true)
  return ajv.compile(JSON.parse(readFileSync(path, 'utf8')))
}

function findFaults(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

function toStart(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[/"']/g, '\\$&')}`)
}
