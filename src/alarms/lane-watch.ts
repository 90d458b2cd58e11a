/** Watches lanes: destinations that take nothing, what is in quarantine, and balances that do not hold. */
import type { Alarm as BrokenBalance } from '../admin/balance.ts'
import type { LaneReport } from '../draining/protocol.ts'
import { ERRORS } from '../errors.ts'
import { HIGH_SHARE, LOW_SHARE } from '../journal/fill-alarm.ts'
import type { AlarmKind, AlarmPlace, Finding } from './alarm.ts'
import type { Alarms } from './alarms.ts'
import { StandingSince } from './standing-since.ts'

const KINDS: readonly AlarmKind[] = [
  'balance',
  'destination-barred',
  'destination-down',
  'quarantine',
  'quarantine-full',
]

export class LaneWatch {
  readonly #alarms: Alarms
  readonly #downAfterMs: number
  readonly #troubles = new StandingSince()

  constructor(alarms: Alarms, downAfterMs: number) {
    this.#alarms = alarms
    this.#downAfterMs = downAfterMs
  }

  look(lanes: readonly LaneReport[], broken: readonly BrokenBalance[], now = Date.now()): void {
    const found = lanes.flatMap(lane => [
      ...this.#findDown(lane, now),
      ...findQuarantined(lane),
      ...findFull(lane, place => this.#alarms.find(place) !== undefined),
    ])
    this.#alarms.settle(KINDS, [...found, ...broken.map(toFinding)], now)
  }

  #findDown(lane: LaneReport, now: number): readonly Finding[] {
    const { tenant, destination, trouble, alarm } = lane
    const down = { kind: 'destination-down', tenant, subject: destination } as const
    const barred = { kind: 'destination-barred', tenant, subject: destination } as const
    const lasts = this.#troubles.measure(`${tenant}/${destination}`, trouble !== undefined, now)
    if (isUnknown(lane)) return [down, barred].flatMap(place => this.#alarms.find(place) ?? [])
    if (trouble === undefined) return []
    const message = `takes nothing, ${lane.balance.waiting} messages wait: ${trouble}`
    if (alarm !== undefined) return [{ ...barred, severity: 'critical', message, code: alarm }]
    const isDown = lasts >= this.#downAfterMs || this.#alarms.find(down) !== undefined
    return isDown ? [{ ...down, severity: 'critical', message }] : []
  }
}

/** After a start nobody knows how a destination is, until it was asked for something. */
function isUnknown({ trouble, roundTripMs, balance }: LaneReport): boolean {
  return trouble === undefined && roundTripMs === undefined && balance.waiting > 0
}

function findQuarantined({ tenant, destination, alarms }: LaneReport): readonly Finding[] {
  return alarms.map(({ code, messages }) => {
    const what = code in ERRORS ? ERRORS[code as keyof typeof ERRORS].message : code
    return {
      ...{ kind: 'quarantine', tenant, subject: `${destination}/${code}`, severity: 'warning', code },
      message: `${messages} messages in quarantine: ${what}`,
    }
  })
}

function findFull(
  { tenant, destination, quarantine: { bytes, maxBytes } }: LaneReport,
  stands: (place: AlarmPlace) => boolean,
): readonly Finding[] {
  const place = { kind: 'quarantine-full', tenant, subject: destination } as const
  const share = bytes / maxBytes
  if (share < (stands(place) ? LOW_SHARE : HIGH_SHARE)) return []
  const message = `the quarantine is nearly full (${Math.floor(share * 100)} %): soon its oldest messages expire`
  return [{ ...place, severity: 'warning', message }]
}

function toFinding({ code, tenant, destination, detail }: BrokenBalance): Finding {
  return { kind: 'balance', tenant, subject: destination, severity: 'critical', code, message: detail }
}
