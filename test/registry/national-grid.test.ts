import { describe, expect, test } from '@jest/globals'
import { convertGridPosition, type GridPosition, NATIONAL_GRIDS } from '../../src/registry/national-grid.ts'

/** Computed with PROJ. */
const POINTS = [
  {
    place: 'Ljubljana',
    wgs84: [14.5058, 46.0511],
    d96: [461756.735, 101374.353],
    d48: [462127.686, 100888.057],
  },
  {
    place: 'Maribor',
    wgs84: [15.6459, 46.5547],
    d96: [549526.206, 157431.474],
    d48: [549894.899, 156946.809],
  },
  { place: 'Koper', wgs84: [13.7301, 45.5481], d96: [400841.68, 46138.534], d48: [401214.618, 45651.333] },
  {
    place: 'near Lendava',
    wgs84: [16.46, 46.52],
    d96: [612020.456, 154407.601],
    d48: [612388.653, 153924.535],
  },
] as const
/** Half a metre, in degrees of latitude. */
const DEGREES_OFF_MAX = 0.000005
const METRES_PER_DEGREE = 111_200

function convert(crs: GridPosition['crs'], [e, n]: readonly [number, number]): readonly [number, number] {
  return convertGridPosition({ crs, e, n }).location ?? [Number.NaN, Number.NaN]
}

describe('a place in the national grid', () => {
  test.each(POINTS)('in $place is found in WGS84', ({ wgs84: [longitude, latitude], d96, d48 }) => {
    for (const location of [convert('EPSG:3794', d96), convert('EPSG:3912', d48)]) {
      expect(Math.abs(location[0] - longitude)).toBeLessThan(DEGREES_OFF_MAX)
      expect(Math.abs(location[1] - latitude)).toBeLessThan(DEGREES_OFF_MAX)
    }
  })

  test.each(POINTS)(
    'in $place moves by 600 m when the grid is mistaken',
    ({ wgs84: [longitude, latitude], d96 }) => {
      const mistaken = convert('EPSG:3912', d96)
      const east = (mistaken[0] - longitude) * METRES_PER_DEGREE * Math.cos((latitude * Math.PI) / 180)
      const north = (mistaken[1] - latitude) * METRES_PER_DEGREE
      expect(Math.hypot(east, north)).toBeGreaterThan(600)
    },
  )

  test.each([
    [101374, 461756],
    [5461756, 5101374],
    [14.5058, 46.0511],
    [0, 0],
  ])('that lies outside of Slovenia, as e %d, n %d does, is refused', (e, n) => {
    expect(convertGridPosition({ crs: 'EPSG:3794', e, n })).toEqual({
      problem: `expected a place in Slovenia (e from 370000 to 630000, n from 20000 to 200000)`,
    })
  })

  test.each(NATIONAL_GRIDS)('%s has coordinates, and those are numbers', crs => {
    for (const e of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(convertGridPosition({ crs, e, n: 100_000 })).toEqual({
        problem: `expected e and n as metres in ${crs}`,
      })
    }
  })
})
