/**
 * What became of the last messages of a lane, and what its destination answered: for people who ask. It is written always, so it costs
 * three numbers for each message and one entry for each request, in rings that never grow.
 */
import type { Outcome } from '../reading.ts'
import { remember } from '../remember.ts'
import type { Dialect } from '../uplink/dialect.ts'
import type { Parcel } from '../uplink/parcel.ts'
import type { Verdict } from '../uplink/verdict.ts'

/** Messages that are remembered by lane. */
const MESSAGES_MAX = 4_096
/** Entities in all requests that are remembered by lane. */
const ENTITIES_MAX = 2_048

/** Refusals whose words are remembered until the quarantine has them on disk; of each, as much as the quarantine keeps. */
const REFUSALS_MAX = 256
const DETAIL_CHARS_MAX = 2_000

type Refusal = Extract<Outcome, { kind: 'quarantined' }>

const KINDS: readonly Outcome['kind'][] = ['delivered', 'skipped', 'quarantined', 'duplicate']

/** What the destination said of one entity. Times are milliseconds since the epoch. */
export interface EntityAnswer {
  readonly entity: string
  readonly sentAt: number
  readonly answeredAt: number
  /** How many entities the request carried. */
  readonly entities: number
  /** Of the HTTP answer, where entities were decided by it; in other answers it stands in the words. */
  readonly status?: number
  /** `confirmed`, or the words of the destination. */
  readonly words: string
}

export interface Fate {
  readonly outcome: Outcome['kind'] | undefined
  readonly settledAt: number | undefined
  /** Why it went to quarantine, where that was a moment ago. */
  readonly refusal?: Pick<Refusal, 'code' | 'detail'>
  /** The last one of each of its entities, up to when it was settled. */
  readonly answers: readonly EntityAnswer[]
}

interface Request {
  readonly ids: readonly string[]
  readonly sentAt: number
  readonly answeredAt: number
  readonly verdict: Verdict
}

export class Fates {
  readonly #positions = new Float64Array(MESSAGES_MAX).fill(-1)
  readonly #times = new Float64Array(MESSAGES_MAX)
  readonly #kinds = new Uint8Array(MESSAGES_MAX)
  readonly #refusals = new Map<number, Pick<Refusal, 'code' | 'detail'>>()
  /** Oldest first. */
  readonly #requests: Request[] = []
  #entities = 0

  settle(position: number, outcome: Outcome, now: number): void {
    const at = position % MESSAGES_MAX
    this.#positions[at] = position
    this.#times[at] = now
    this.#kinds[at] = KINDS.indexOf(outcome.kind)
    if (outcome.kind !== 'quarantined') return
    const { code, detail } = outcome
    remember(this.#refusals, position, { code, detail: detail.slice(0, DETAIL_CHARS_MAX) }, REFUSALS_MAX)
  }

  /** The same dialect, whose requests are remembered. */
  watch(dialect: Dialect): Dialect {
    return {
      ...dialect,
      deliver: async parcels => {
        const sentAt = Date.now()
        const verdict = await dialect.deliver(parcels)
        this.#remember(parcels, sentAt, verdict)
        return verdict
      },
    }
  }

  /** `ids` are those of the entities that were made of the message, which was received at `since`. */
  find(position: number, ids: readonly string[], since: number): Fate {
    const at = position % MESSAGES_MAX
    const isKnown = this.#positions[at] === position
    const settledAt = isKnown ? this.#times[at] : undefined
    const answers = ids.flatMap(
      id => this.#findAnswer(id, since, settledAt ?? Number.POSITIVE_INFINITY) ?? [],
    )
    const outcome = isKnown ? KINDS[this.#kinds[at] ?? 0] : undefined
    const refusal = outcome === 'quarantined' ? this.#refusals.get(position) : undefined
    return { outcome, settledAt, ...(refusal !== undefined && { refusal }), answers }
  }

  #remember(parcels: readonly Parcel[], sentAt: number, verdict: Verdict): void {
    const ids = parcels.map(({ id }) => id)
    this.#requests.push({ ids, sentAt, answeredAt: Date.now(), verdict })
    this.#entities += ids.length
    while (this.#entities > ENTITIES_MAX) this.#entities -= this.#requests.shift()?.ids.length ?? 0
  }

  /** An entity is never in two requests at once, and a message is settled right after the answer that decides it. */
  #findAnswer(id: string, since: number, until: number): EntityAnswer | undefined {
    const request = this.#requests.findLast(
      ({ ids, sentAt, answeredAt }) => sentAt >= since && answeredAt <= until && ids.includes(id),
    )
    if (request === undefined) return undefined
    const { ids, sentAt, answeredAt, verdict } = request
    const status = verdict.kind === 'answered' ? verdict.status : undefined
    return {
      ...{ entity: id, sentAt, answeredAt, entities: ids.length, words: toWords(verdict, id) },
      ...(status !== undefined && { status }),
    }
  }
}

function toWords(verdict: Verdict, id: string): string {
  return verdict.kind === 'answered' ? (verdict.refused.get(id) ?? 'confirmed') : verdict.detail
}
