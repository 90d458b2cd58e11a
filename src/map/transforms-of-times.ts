/** Transforms of times, and of what is written differently in every language. */

export const TIME_TRANSFORMS = {
  now: () => Date.now(),
  gettime: (value: unknown) => toTime(value)?.getTime() ?? null,
  toisodate: toIso,
  toisostring: toIso,
  /** Minutes that the zone of the agent's host is behind UTC at that time. */
  timeoffset: (value: unknown) => toTime(value)?.getTimezoneOffset() ?? null,
  localestring: (value: unknown, locale: unknown, options: unknown) =>
    tryFormat(() => toTime(value)?.toLocaleString(toLocale(locale), toOptions(options))),
  localestringnumber: (value: unknown, locale: unknown, options: unknown) =>
    tryFormat(() =>
      typeof value === 'number' ? value.toLocaleString(toLocale(locale), toOptions(options)) : undefined,
    ),
} as const

function toIso(value: unknown): string | null {
  return toTime(value)?.toISOString() ?? null
}

/** Milliseconds since the epoch, or a date as the platform reads it. */
function toTime(value: unknown): Date | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const time = new Date(value)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function toLocale(locale: unknown): string | undefined {
  return typeof locale === 'string' ? locale : undefined
}

function toOptions(options: unknown): object | undefined {
  return typeof options === 'object' && options !== null ? options : undefined
}

/** The platform throws at locales and options that do not exist. */
function tryFormat(format: () => string | undefined): string | null {
  try {
    return format() ?? null
  } catch {
    return null
  }
}
