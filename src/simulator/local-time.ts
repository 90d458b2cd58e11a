/** A moment on the clocks of the town: people and Tasmota devices live by local time, with its summer time. */
export interface LocalTime {
  /** Hours since midnight, with fraction. */
  readonly hour: number
  readonly isWorkday: boolean
  readonly dayOfMonth: number
  /** `2026-01-15` */
  readonly date: string
  /** `2026-01-15T10:00:00`, without a zone, as Tasmota writes it. */
  readonly text: string
}

export function getLocalTime(timeMs: number): LocalTime {
  const text = FORMAT.format(timeMs).replace(' ', 'T')
  const date = text.slice(0, 10)
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return {
    hour: Number(text.slice(11, 13)) + Number(text.slice(14, 16)) / 60 + Number(text.slice(17, 19)) / 3600,
    isWorkday: weekday !== 0 && weekday !== 6,
    dayOfMonth: Number(text.slice(8, 10)),
    date,
    text,
  }
}

/** Swedish dates are ISO 8601 but for the space. */
const FORMAT = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Ljubljana',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
