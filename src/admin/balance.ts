/** The balance: received = delivered + quarantined + discarded + expired + skipped + duplicates + waiting, for every lane, at every moment. */
import type { LaneReport } from '../draining/protocol.ts'
import { TromostError } from '../errors.ts'

/** What becomes of a message; each is in exactly one of them. */
const TERMS = [
  'delivered',
  'quarantined',
  'discarded',
  'expired',
  'skipped',
  'duplicates',
  'waiting',
] as const

type Terms = Readonly<Record<'received' | (typeof TERMS)[number], number>>

export interface LaneBalance extends Terms {
  readonly tenant: string
  readonly destination: string
  readonly holds: boolean
}

/** Over several lanes. A message is received once for its tenant, and every lane of the tenant has to account for it. */
interface Total extends Terms {
  readonly lanes: number
  readonly holds: boolean
}

export interface BalanceReport {
  readonly holds: boolean
  /** A row for each lane. */
  readonly tenants: readonly LaneBalance[]
  readonly totals: readonly (Total & { readonly tenant: string })[]
  readonly total: Total
}

export function toBalanceReport(lanes: readonly LaneReport[]): BalanceReport {
  const rows = lanes.map(toLaneBalance)
  const tenants = [...new Set(rows.map(({ tenant }) => tenant))]
  const totals = tenants.map(tenant => ({ tenant, ...addUp(rows.filter(row => row.tenant === tenant)) }))
  const received = totals.reduce((sum, one) => sum + one.received, 0)
  const total = { ...addUp(rows), received, holds: rows.every(({ holds }) => holds) }
  return { holds: total.holds, tenants: rows, totals, total }
}

export function toLaneBalance({ tenant, destination, balance }: LaneReport): LaneBalance {
  const { position: _position, ...terms } = balance
  return { tenant, destination, ...terms, holds: getDifference(terms) === 0 }
}

function addUp(rows: readonly LaneBalance[]): Total {
  const add = (term: keyof Terms) => rows.reduce((sum, row) => sum + row[term], 0)
  const terms = Object.fromEntries(TERMS.map(term => [term, add(term)])) as Omit<Terms, 'received'>
  const received = Math.max(0, ...rows.map(row => row.received))
  return { lanes: rows.length, received, ...terms, holds: rows.every(({ holds }) => holds) }
}

/** How many messages more were received than are accounted for. */
function getDifference(terms: Terms): number {
  return terms.received - TERMS.reduce((sum, term) => sum + terms[term], 0)
}

export interface Alarm {
  readonly code: string
  readonly tenant: string
  readonly destination: string
  readonly detail: string
  readonly since: Date
}

interface AlarmLog {
  error(fields: object): void
  info(fields: object): void
}

/** Looks at the balance by the clock. A message that is nowhere is told at once, and stands in the status until it is found. */
export class BalanceWatch {
  readonly #log: AlarmLog
  readonly #alarms = new Map<string, Alarm>()

  constructor(log: AlarmLog) {
    this.#log = log
  }

  get alarms(): readonly Alarm[] {
    return [...this.#alarms.values()]
  }

  look(lanes: readonly LaneReport[], now = new Date()): void {
    for (const row of lanes.map(toLaneBalance)) {
      const { tenant, destination } = row
      const key = `${tenant}/${destination}`
      const present = this.#alarms.get(key)
      if (row.holds && present !== undefined) {
        this.#alarms.delete(key)
        this.#log.info({ tenant, destination, msg: 'the balance of a lane holds again' })
      }
      if (row.holds) continue
      const { code, detail } = toError(row)
      this.#alarms.set(key, { code, tenant, destination, detail, since: present?.since ?? now })
      if (present === undefined) this.#log.error({ code, detail, msg: 'the balance does not hold' })
    }
  }
}

function toError({ tenant, destination, holds: _holds, ...terms }: LaneBalance): TromostError {
  const sum = terms.received - getDifference(terms)
  const detail = `${tenant}/${destination}: expected ${terms.received} received to be accounted for, got ${sum} in ${JSON.stringify(terms)}`
  return new TromostError('BALANCE_BROKEN', detail)
}
