/** The single values that decode formats are written with: paths, names, time zones. */
import { z } from 'zod'
import { isPath } from './path.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/
const PATH_EXPECTATION = 'expected a path such as params or object.data'
const NAME_EXPECTATION = 'expected a name of letters, digits and _'

export const pathSchema = z.string({ error: PATH_EXPECTATION }).refine(isPath, PATH_EXPECTATION)

/** The name of a value that a profile gives; those that payloads give may be any text. */
export const valueNameSchema = z.string({ error: NAME_EXPECTATION }).regex(NAME, NAME_EXPECTATION)

export const timezoneSchema = z
  .string()
  .refine(isTimeZone, 'expected an IANA time zone such as Europe/Ljubljana')
  .default('UTC')

/** LoRaWAN's application ports; 0 is left out by networks that leave out zeros. */
export const fPortSchema = z
  .int({ error: 'expected an fPort from 0 to 255' })
  .min(0, 'expected an fPort from 0 to 255')
  .max(255, 'expected an fPort from 0 to 255')

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
