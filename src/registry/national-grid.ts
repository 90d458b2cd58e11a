/** Places in the Slovenian national grids as WGS84. Surveys, cadastre and pole registers give them so. */
import type proj4 from 'proj4'
import { loadPackage } from '../load-package.ts'
import { remember } from '../remember.ts'

/**
 * Both grids look alike, and taking one for the other moves a place by 610 m without anybody noticing: so an import has to name
 * its grid. EPSG:3794 is D96/TM, in use since 2008; EPSG:3912 is D48/GK, the one before it.
 */
export const NATIONAL_GRIDS = ['EPSG:3794', 'EPSG:3912'] as const

/** Metres east and north, as the grid counts them. */
export interface GridPosition {
  readonly crs: (typeof NATIONAL_GRIDS)[number]
  readonly e: number
  readonly n: number
}

/** Longitude before latitude, as in GeoJSON; or what is wrong, in words that follow "location: ". */
export type GridConversion =
  | { readonly location: readonly [number, number]; readonly problem?: never }
  | { readonly location?: never; readonly problem: string }

/** Parameters of the EPSG registry; those that turn Bessel's ellipsoid into the one of WGS84 are good to a metre. */
const DEFINITIONS = {
  'EPSG:3794':
    '+proj=tmerc +lat_0=0 +lon_0=15 +k=0.9999 +x_0=500000 +y_0=-5000000 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs',
  'EPSG:3912':
    '+proj=tmerc +lat_0=0 +lon_0=15 +k=0.9999 +x_0=500000 +y_0=-5000000 +ellps=bessel +towgs84=476.08,125.947,417.81,4.610862,2.388137,-11.942335,9.896638 +units=m +no_defs',
} as const

/** Slovenia, with some kilometres around it. What lies outside has its numbers swapped, or is of another grid. */
const WEST = 13.3
const EAST = 16.7
const SOUTH = 45.4
const NORTH = 46.9

/** 0.000001 degrees are a tenth of a metre: more digits would promise what no survey of sensors keeps. */
const DECIMALS = 6

const converters = new Map<GridPosition['crs'], proj4.Converter>()

export function convertGridPosition({ crs, e, n }: GridPosition): GridConversion {
  if (!Number.isFinite(e) || !Number.isFinite(n)) {
    return { problem: `expected e and n as metres in ${crs}` }
  }
  const [longitude, latitude] = getConverter(crs).inverse([e, n])
  if (!isInSlovenia(longitude, latitude)) {
    return {
      problem: 'expected a place in Slovenia (e from 370000 to 630000, n from 20000 to 200000)',
    }
  }
  return { location: [round(longitude), round(latitude)] }
}

function getConverter(crs: GridPosition['crs']): proj4.Converter {
  const known = converters.get(crs)
  if (known !== undefined) return known
  const project = loadPackage('proj4') as typeof proj4
  return remember(converters, crs, project(DEFINITIONS[crs]), NATIONAL_GRIDS.length)
}

function isInSlovenia(longitude: number, latitude: number): boolean {
  return longitude >= WEST && longitude <= EAST && latitude >= SOUTH && latitude <= NORTH
}

function round(degrees: number): number {
  return Number(degrees.toFixed(DECIMALS))
}
