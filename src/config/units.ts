/** Durations and sizes as people write them, with their unit: `50ms`, `24h`, `900KiB`; and times. */
import { z } from 'zod'

const MS_PER_UNIT = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES_PER_UNIT = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const

/** Milliseconds from `50ms`, `10s`, `5m`, `24h` or `7d`. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, MS_PER_UNIT)
}

/** Milliseconds since the epoch, of a time with its zone: what has none would be another time on another machine. */
export function parseTime(text: string): number | undefined {
  const isTime = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text)
  const time = isTime ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Bytes from `64B`, `900KiB`, `16MiB`, `4GiB` or `1TiB`. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, BYTES_PER_UNIT)
}

/** What parseDuration and parseSize understand, as an editor is told. */
export const DURATION_PATTERN = `^\\d+(\\.\\d+)?(${Object.keys(MS_PER_UNIT).join('|')})$`
const SIZE_PATTERN = `^\\d+(\\.\\d+)?(${Object.keys(BYTES_PER_UNIT).join('|')})$`

const SIZE_EXPECTATION = 'expected a size with its unit, such as 900KiB or 4GiB'

/** A duration key: takes text with a unit, gives milliseconds. */
export function duration(byDefault: string) {
  return quantity(
    parseDuration,
    'expected a duration with its unit, such as 50ms, 10s or 24h',
    DURATION_PATTERN,
  ).prefault(byDefault)
}

/** A size key: takes text with a unit, gives bytes. */
export function size(byDefault: string) {
  return quantity(parseSize, SIZE_EXPECTATION, SIZE_PATTERN).prefault(byDefault)
}

/** A size key that may be absent. */
export function optionalSize() {
  return quantity(parseSize, SIZE_EXPECTATION, SIZE_PATTERN).optional()
}

function quantity(parse: (text: string) => number | undefined, expectation: string, pattern: string) {
  return z
    .string({ error: expectation })
    .meta({ pattern })
    .transform((text, context) => {
      const parsed = parse(text)
      if (parsed !== undefined) return parsed
      context.addIssue({ code: 'custom', message: expectation })
      return z.NEVER
    })
}

function parseQuantity(text: string, unitFactors: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text)
  const [, amount, unit] = match ?? []
  if (amount === undefined || unit === undefined || !Object.hasOwn(unitFactors, unit)) return undefined
  return Math.round(Number(amount) * (unitFactors[unit] ?? Number.NaN))
}
