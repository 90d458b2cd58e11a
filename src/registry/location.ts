/** Where a device stands: longitude and latitude, or a place in a national grid, which is turned into them when it is read. */
import { z } from 'zod'
import { convertGridPosition, NATIONAL_GRIDS } from './national-grid.ts'

const coordinatesSchema = z.tuple([
  coordinate(180, 'expected a longitude from -180 to 180'),
  coordinate(90, 'expected a latitude from -90 to 90'),
])

const gridSchema = z
  .strictObject({
    crs: z.enum(NATIONAL_GRIDS).describe('The grid: EPSG:3794 is D96/TM, EPSG:3912 is D48/GK.'),
    e: z.number().describe('Easting in metres.'),
    n: z.number().describe('Northing in metres.'),
  })
  .transform((position, context): [number, number] => {
    const { location, problem } = convertGridPosition(position)
    if (location !== undefined) return [...location]
    context.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  })

/** Gives longitude before latitude, as in GeoJSON. */
export const locationSchema = z.union([coordinatesSchema, gridSchema])

function coordinate(most: number, error: string) {
  return z.number({ error }).min(-most, { error }).max(most, { error })
}
