import { expect, test } from '@jest/globals'
import { checkDocument, formatFault } from '../../src/document.ts'
import { locationSchema } from '../../src/registry/location.ts'

function check(location: unknown) {
  const checked = checkDocument(locationSchema, location, 'provision.yaml')
  return checked.faults === undefined ? checked.value : checked.faults.map(formatFault)
}

test('longitude and latitude are taken as they are', () => {
  expect(check([14.5058, 46.0511])).toEqual([14.5058, 46.0511])
})

test('a place in D96/TM and the same place in D48/GK become the same longitude and latitude', () => {
  const d96 = check({ crs: 'EPSG:3794', e: 461756.735, n: 101374.353 })
  const d48 = check({ crs: 'EPSG:3912', e: 462127.686, n: 100888.057 })
  for (const [longitude, latitude] of [d96, d48]) {
    expect(Number(longitude)).toBeCloseTo(14.5058, 4)
    expect(Number(latitude)).toBeCloseTo(46.0511, 4)
  }
})

test.each([
  [
    'latitude before longitude',
    [46.0, 114.3],
    /^provision\.yaml: 1: expected a latitude from -90 to 90, got 114\.3$/,
  ],
  ['a grid that is not known', { crs: 'EPSG:3857', e: 1, n: 2 }, /expected one of EPSG:3794, EPSG:3912/],
  ['numbers of no grid', { crs: 'EPSG:3794', e: 101374, n: 461757 }, /expected a place in Slovenia/],
  ['a grid without a number', { crs: 'EPSG:3794', e: 461756 }, /n: expected number, got nothing/],
])('%s is a fault that says so', (_title, location, expected) => {
  expect(check(location)).toEqual([expect.stringMatching(expected)])
})
