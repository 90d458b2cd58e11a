/** The single values that decode formats are written with: paths, names, time zones. */
import { z } from 'zod'
import { isPath } from './path.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]*$/
const PATH_EXPECTATION = 'expected a path such as params or object.data'
const TOPIC_NAMES_EXPECTATION =
  'expected levels of topics, of which one at least is {…} and the others text or +, such as shellies/+/relay/0/{name}'
const TOPIC_LEVEL = /^(?:\{[A-Za-z]+\}|\+|[^{}+#]*)$/
const NAME_EXPECTATION = 'expected a name of letters, digits and _'

export const pathSchema = z.string({ error: PATH_EXPECTATION }).refine(isPath, PATH_EXPECTATION)

/** The name of a value that a profile gives; those that payloads give may be any text. */
export const valueNameSchema = z.string({ error: NAME_EXPECTATION }).regex(NAME, NAME_EXPECTATION)

export const timezoneSchema = z
  .string()
  .refine(isTimeZone, 'expected an IANA time zone such as Europe/Ljubljana')
  .default('UTC')
  .describe('The IANA time zone of times that name none, such as `Europe/Ljubljana`.')

/**
 * Topics that speak of one value: `{…}` is a level whose text is part of its name, `+` one that is not. Of
 * `shellies/+/relay/{channel}/{name}` the topic `shellies/x/relay/0/power` has the value at the path `0.power`.
 */
export const topicNamesSchema = z
  .string({ error: TOPIC_NAMES_EXPECTATION })
  .refine(isTopicNames, TOPIC_NAMES_EXPECTATION)

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

function isTopicNames(text: string): boolean {
  return text.includes('{') && text.split('/').every(level => TOPIC_LEVEL.test(level))
}
