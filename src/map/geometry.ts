/** Places as GeoJSON, from the forms in which devices and people give them. */
import type { Geometry } from '../reading.ts'

const GEOMETRY_TYPES = new Set([
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
])
const LATITUDE_KEYS = ['lat', 'latitude']
const LONGITUDE_KEYS = ['lon', 'lng', 'longitude']

/** From `[lon, lat]`, `{ lat, lon }` or a GeoJSON geometry; undefined when it is no place on earth. */
export function toGeometry(value: unknown): Geometry | undefined {
  if (Array.isArray(value)) return toPoint(value[0], value[1])
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Readonly<Record<string, unknown>>
  if (!Object.hasOwn(record, 'coordinates')) {
    return toPoint(readFirst(record, LONGITUDE_KEYS), readFirst(record, LATITUDE_KEYS))
  }
  const { type, coordinates } = record
  if (typeof type !== 'string' || !GEOMETRY_TYPES.has(type) || !isPositions(coordinates)) return undefined
  return { type, coordinates }
}

function toPoint(longitude: unknown, latitude: unknown): Geometry | undefined {
  const coordinates = [longitude, latitude]
  return isPosition(coordinates) ? { type: 'Point', coordinates } : undefined
}

/** A position, or lists of them to any depth. */
function isPositions(value: unknown): boolean {
  if (isPosition(value)) return true
  return Array.isArray(value) && value.length > 0 && value.every(isPositions)
}

/** RFC 7946, 3.1.1: longitude, latitude, and maybe an altitude. */
function isPosition(value: unknown): boolean {
  if (!Array.isArray(value) || !value.every(Number.isFinite)) return false
  const [longitude, latitude] = value
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90
}

function readFirst(record: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  const key = keys.find(candidate => Object.hasOwn(record, candidate))
  return key === undefined ? undefined : record[key]
}
