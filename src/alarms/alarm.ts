/** What an alarm is: something that should not be and that somebody has to see to, with a start and an end. */

/** What alarms are about. A configuration names them, and so do metrics and webhooks. */
export const ALARM_KINDS = [
  'balance',
  'bridge-down',
  'certificate-expires',
  'destination-barred',
  'destination-down',
  'device-never-heard',
  'device-silent',
  'disk-full',
  'draining-down',
  'journal-full',
  'low-battery',
  'quarantine',
  'quarantine-full',
  'secret-expires',
  'webhook-down',
] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

/** From the least to the worst. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What an alarm is about. There is one at a time for each. */
export interface AlarmPlace {
  readonly kind: AlarmKind
  /** Absent where it is about the whole agent. */
  readonly tenant?: string | undefined
  /** The device, the destination, the bridge, the file and so on; empty where kind and tenant say it all. */
  readonly subject: string
}

/** That something is as it should not be, as a watchdog finds it. */
export interface Finding extends AlarmPlace {
  readonly severity: Severity
  /** For people; it may change while the alarm stands. */
  readonly message: string
  /** The code of docs/errors.md, where there is one. */
  readonly code?: string | undefined
}

export interface Alarm extends Finding {
  /** Rises with each alarm. */
  readonly id: number
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Absent while it stands. */
  readonly until?: number | undefined
}

/** worse: it stands already, and is now of a higher severity. */
export interface AlarmEvent {
  readonly state: 'start' | 'worse' | 'end'
  readonly alarm: Alarm
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** An alarm as answers and webhooks have it. */
export function describeAlarm({ since, until, ...alarm }: Alarm) {
  return {
    ...alarm,
    since: new Date(since).toISOString(),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
  }
}
