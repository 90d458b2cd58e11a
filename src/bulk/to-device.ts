/** From the cells of a row to a device as the provisioning file would have it. What a row does not say stays as it is. */
import { showValue } from '../document.ts'
import type { CellValue } from './cell-values.ts'
import {
  readAttribute,
  readDevEui,
  readGrid,
  readId,
  readLocation,
  readNumber,
  readTags,
  readText,
} from './cell-values.ts'
import type { Field } from './columns.ts'
import { findProfile, type KnownProfiles, type NamedProfile } from './find-profile.ts'

type Values = Readonly<Record<string, unknown>>
type Cells = ReadonlyMap<Field, unknown>

export type ReadId =
  | { readonly id: string; readonly problem?: never }
  | { readonly id?: never; readonly problem: string }

export type ReadDevice =
  | { readonly value: Values; readonly problem?: never }
  | { readonly value?: never; readonly problem: string }

class CellFault extends Error {}

const PREFIX = 'attributes.'

/** Which device a row is about: the id that it gives, as in topics, or else its DevEUI in small letters. */
export function readDeviceId(cells: Cells, tenant: string): ReadId {
  try {
    const named = takeOptional(cells, 'tenant', readText)
    if (named !== undefined && named !== tenant)
      throw new CellFault(`tenant: expected ${showValue(tenant)}, got ${showValue(named)}`)
    const devEui = takeOptional(cells, 'devEui', readDevEui)
    const id = takeOptional(cells, 'id', readId) ?? devEui
    return id === undefined ? { problem: 'id: expected an id or a DevEUI, got nothing' } : { id }
  } catch (error) {
    return { problem: toProblem(error) }
  }
}

/** `existing` is the device as it stands; null takes away what was there. */
export function toDevice(
  cells: Cells,
  { tenant, id }: { readonly tenant: string; readonly id: string },
  existing: Values | undefined,
  profiles: KnownProfiles,
): ReadDevice {
  try {
    const { tenant: _tenant, id: _id, attributes: before = {}, ...rest } = existing ?? {}
    const attributes = dropNull({ ...(before as Values), ...readAttributes(cells, id) })
    const given = dropNull({
      ...rest,
      ...readOptional(cells, 'name', readText),
      ...readOptional(cells, 'profileVersion', readNumber),
      ...readOptional(cells, 'placement', readText),
      ...readOptional(cells, 'apikey', readText),
      ...readPlace(cells),
      ...readCertificate(cells),
    })
    const profile = readProfile(cells, profiles, given['profile'])
    return { value: { tenant, id, ...given, profile, attributes } }
  } catch (error) {
    return { problem: toProblem(error) }
  }
}

function readProfile(cells: Cells, profiles: KnownProfiles, existing: unknown): unknown {
  const named: NamedProfile = {
    profile: takeOptional(cells, 'profile', readText),
    vendor: takeOptional(cells, 'vendor', readText),
    model: takeOptional(cells, 'model', readText),
  }
  const byDefault = typeof existing === 'string' ? existing : profiles.byDefault
  const { id, problem } = findProfile(named, { ...profiles, byDefault })
  if (problem !== undefined) throw new CellFault(problem)
  if (id !== undefined) return id
  throw new CellFault(
    'profile: expected the id of a profile, or one for all rows that name none, got nothing',
  )
}

function readCertificate(cells: Cells): Values {
  const certificate = { ...readOptional(cells, 'cn', readText), ...readOptional(cells, 'san', readText) }
  return Object.keys(certificate).length === 0 ? {} : { certificate: dropNull(certificate) }
}

/** Longitude and latitude, or easting and northing in a national grid, in columns of their own or together. */
function readPlace(cells: Cells): Values {
  if (cells.get('location') === null) return { location: null }
  const together = takeOptional(cells, 'location', readLocation)
  if (together !== undefined) return { location: together }
  const degrees = readPair(cells, 'longitude', 'latitude')
  if (degrees !== undefined) return { location: degrees }
  const metres = readPair(cells, 'e', 'n')
  if (metres === undefined) return {}
  const crs = takeOptional(cells, 'crs', readGrid)
  if (crs === undefined)
    throw new CellFault('crs: expected EPSG:3794 (D96/TM) or EPSG:3912 (D48/GK) beside e and n, got nothing')
  return { location: { crs, e: metres[0], n: metres[1] } }
}

function readPair(cells: Cells, first: Field, second: Field): readonly [number, number] | undefined {
  const one = takeOptional(cells, first, readNumber)
  const other = takeOptional(cells, second, readNumber)
  if (one === undefined && other === undefined) return undefined
  if (one !== undefined && other !== undefined) return [one, other]
  const [missing, present] = one === undefined ? [first, second] : [second, first]
  throw new CellFault(`${missing}: expected a number beside ${present}, got nothing`)
}

/** A DevEUI beside another id is kept: it is what stands on the device. */
function readAttributes(cells: Cells, id: string): Values {
  const devEui = takeOptional(cells, 'devEui', readDevEui)
  const single = [...cells]
    .filter(([field]) => field.startsWith(PREFIX))
    .map(([field, cell]) => [field.slice(PREFIX.length), readAttribute(cell)] as const)
  return {
    ...readOptional(cells, 'description', readText),
    ...readOptional(cells, 'serialNumber', readText),
    ...(devEui !== undefined && devEui !== id && { devEui }),
    ...takeOptional(cells, 'tags', readTags),
    ...takeOptional(cells, 'attributes', readTags),
    ...Object.fromEntries(single),
  }
}

function readOptional<T>(cells: Cells, field: Field, read: (cell: unknown) => CellValue<T>): Values {
  if (cells.get(field) === null) return { [field]: null }
  const value = takeOptional(cells, field, read)
  return value === undefined ? {} : { [field]: value }
}

/** Nothing where there is no such cell. */
function takeOptional<T>(cells: Cells, field: Field, read: (cell: unknown) => CellValue<T>): T | undefined {
  const cell = cells.get(field)
  if (cell === undefined || cell === null) return undefined
  const { value, expected } = read(cell)
  if (expected === undefined) return value
  throw new CellFault(
    `${field === 'devEui' ? 'dev_eui' : field}: expected ${expected}, got ${showValue(cell)}`,
  )
}

function dropNull(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
}

function toProblem(error: unknown): string {
  if (error instanceof CellFault) return error.message
  throw error
}
