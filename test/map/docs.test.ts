import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { TRANSFORM_NAMES } from '../../src/profiles/expression-transforms.ts'
import { createProfileOf } from '../profiles/sound-profile.ts'
import { mapWith, OBSERVED_AT } from './map-values.ts'

const REFERENCE = readFileSync('docs/profiles.md', 'utf8')
const [, KINDS = '', EXPRESSIONS = ''] =
  /^### Kinds\n(.*?)^### Expressions\n(.*?)^### /ms.exec(REFERENCE) ?? []

function getBlock(section: string, language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(section)?.[1] ?? ''
}

test('the example of each kind gives what the reference says', () => {
  const values = {
    t: 21.5,
    position: { lat: 46.24, lon: 14.36 },
    site: 'urn:ngsi-ld:OffStreetParking:052:P1',
    state_sl: 'odprto',
    state_en: 'open',
    raw: { code: [4, 7] },
    class: 'motorway',
    hours: [1, 3],
    alarm: 'leak',
    alarmSince: '2026-01-15T07:00:00+01:00',
  }
  const [entity] = mapWith(createProfileOf(parse(getBlock(KINDS, 'yaml'))), values).entities
  const promised: Readonly<Record<string, object>> = JSON.parse(getBlock(KINDS, 'json'))
  const whole = Object.entries(promised).map(([name, said]) => [name, { observedAt: OBSERVED_AT, ...said }])
  expect(entity).toEqual({ id: 'urn:ngsi-ld:Thing:d1', type: 'Thing', ...Object.fromEntries(whole) })
})

test('the examples of expressions are sound', () => {
  const attributes: Readonly<Record<string, unknown>> = parse(getBlock(EXPRESSIONS, 'yaml'))
  const values = { distance: 1234, type: 'parking_status', occupied: true, lux: 50 }
  const device = { id: 'd1', tenant: 't', profile: 'p', attributes: { mountingHeight: 5 } }
  expect(mapWith(createProfileOf(attributes), values, device).entities[0]).toMatchObject({
    waterLevel: { value: 3.766 },
    status: { value: 'occupied' },
    dayState: { value: 'twilight' },
  })
})

test('the reference has every transform', () => {
  const named = new Set([...EXPRESSIONS.matchAll(/`(\w+)(?:\([^`]*\))?`/g)].map(([, name]) => name))
  expect(TRANSFORM_NAMES.filter(name => !named.has(name))).toEqual([])
})
