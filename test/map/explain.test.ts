import { describe, expect, test } from '@jest/globals'
import { explainLeftOut } from '../../src/map/explain.ts'
import type { Device } from '../../src/reading.ts'
import { createProfile, createProfileOf } from '../profiles/sound-profile.ts'

const DEVICE: Device = { id: 'd1', tenant: 't', profile: 'p', attributes: { height: 5 } }
const VALUES = { t: 21.5, humidity: 63, kind: 'heartbeat', 'em:0': { power: 1 } }

/** What is said of one attribute, beside one that is there. */
function explain(attribute: unknown, values: Readonly<Record<string, unknown>> = VALUES): readonly string[] {
  const profile = createProfileOf({ there: { value: 1 }, news: { from: 't' }, attribute })
  return explainLeftOut(profile, { values, observedAt: 0 }, DEVICE).map(
    ({ what, reason }) => `${what}: ${reason}`,
  )
}

describe('an attribute that is left out', () => {
  test.each<[string, unknown, string]>([
    [
      'because its value is out of range',
      { from: 't', max: 20, unit: 'CEL' },
      'expected a number from -Infinity to 20, got 21.5',
    ],
    [
      'because the reading has no such value',
      { from: 'x' },
      'the reading has no x (it has t, humidity, kind, em:0.power)',
    ],
    ['because its path is misspelt', { from: 'humidty' }, 'the reading has no humidty (was humidity meant?)'],
    [
      'because none of its parts is there',
      { from: { a: 'x', b: 'y' } },
      'the reading has no x, y (it has t, humidity, kind, em:0.power)',
    ],
    [
      'because the device does not say so',
      { from: 'device.attributes.floor' },
      'the device has no attributes.floor',
    ],
    ['because the device has no place', { geo: 'device.location' }, 'the device has no location'],
    [
      'because of what its reference names',
      { relationship: 'urn:{device.attributes.site}' },
      'the device has no attributes.site',
    ],
    [
      'because its arithmetic lacks a fact',
      { from: 't', offset: 'device.attributes.zero' },
      'the device has no attributes.zero',
    ],
    ['because it stands for no value', { from: 't', absent: [21.5] }, '21.5 says that there is no value'],
    [
      'because of its condition',
      { from: 't', when: { kind: ['status', 'alarm'] } },
      'its condition does not hold: expected kind to be "status" or "alarm", got "heartbeat"',
    ],
    [
      'because of an expression as its condition',
      { from: 't', when: 't > 30' },
      'its condition does not hold: t > 30',
    ],
    ['because its expression gives nothing', { expr: 'x' }, 'its expression gives nothing'],
    [
      'because of the second of its conditions',
      { from: 't', when: { kind: 'heartbeat', humidity: 5 } },
      'its condition does not hold: expected humidity to be 5, got 63',
    ],
    [
      'though its condition holds, because the reading has no such value',
      { from: 'humidty', when: { kind: 'heartbeat' } },
      'the reading has no humidty (was humidity meant?)',
    ],
    [
      'because one of the placeholders of its reference is not filled',
      { relationship: 'urn:{device.id}:{device.attributes.site}' },
      'the device has no attributes.site',
    ],
    [
      'because none of its parts is known of the device',
      { from: { a: 'device.attributes.x', b: 'device.attributes.y' } },
      'the device has no attributes.x, attributes.y',
    ],
    [
      'because the only part that is there stands for no value',
      { from: { a: 'x', b: 't' }, absent: [-1, 21.5] },
      '21.5 says that there is no value',
    ],
    [
      'because what its expression gives stands for no value',
      { expr: 't * 2', absent: [43] },
      '43 says that there is no value',
    ],
    [
      'because the arithmetic after its expression lacks a fact',
      { expr: 't', absent: [127], offset: 'device.attributes.zero' },
      'the device has no attributes.zero',
    ],
    [
      'because the reading has no such list',
      { from: 'list', kind: 'list' },
      'the reading has no list (it has t, humidity, kind, em:0.power)',
    ],
  ])('%s says so', (_case, attribute, reason) => {
    expect(explain(attribute)).toEqual([`Thing.attribute: ${reason}`])
  })

  test('because its list is empty says so', () => {
    expect(explain({ from: 'list', kind: 'list' }, { t: 1, list: [] })).toEqual([
      'Thing.attribute: nothing is made of its value',
    ])
  })

  test.each([
    [8, 'v1, v2, v3, v4, v5, v6, v7, v8'],
    [9, 'v1, v2, v3, v4, v5, v6, v7, v8, …'],
  ])('of a reading with %i other values is told up to eight of them', (count, shown) => {
    const values = Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${index + 1}`, 1]))
    expect(explain({ from: 'temperature' }, values)).toContain(
      `Thing.attribute: the reading has no temperature (it has ${shown})`,
    )
  })

  test('of a reading without values says that it has none', () => {
    expect(explain({ from: 'x' }, {})).toContain('Thing.attribute: the reading has no x (it has no values)')
  })
})

test('an entity that is not made says so before its attributes', () => {
  const [first, ...others] = explain({ from: 'x' }, { other: 1 })
  expect(first).toMatch(/^Thing: no attribute comes from the reading itself/)
  expect(others.map(line => line.split(':')[0])).toEqual(['Thing.news', 'Thing.attribute'])
})

test('an entity whose id lacks a fact of the device says which', () => {
  const entities = [{ type: 'Thing', id: 'urn:{device.attributes.site}', attributes: { t: { from: 't' } } }]
  const left = explainLeftOut(createProfile({ entities }), { values: VALUES, observedAt: 0 }, DEVICE)
  expect(left).toEqual([{ what: 'Thing.id', reason: 'the device has no attributes.site' }])
})

test('what is there is not mentioned', () => {
  expect(explain({ from: 'humidity' })).toEqual([])
})
