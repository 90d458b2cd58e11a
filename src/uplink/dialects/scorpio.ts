/** Scorpio. A tenant that is new to it gets one entity alone first; a batch holds its entities in the order of their ids. */
import { batchUpsert, createNgsiLdWrap, upsert } from '../batch-upsert.ts'
import { openBroker } from '../broker-http.ts'
import type { DeliveryAddress, Dialect, WrapEntity } from '../dialect.ts'
import type { HttpPost } from '../http-post.ts'
import { type ErrorSense, readAnswer } from '../ngsi-ld-answer.ts'
import type { Parcel } from '../parcel.ts'
import { type Decided, isPostponed, type Verdict } from '../verdict.ts'

/** What PostgreSQL says when transactions were in each other's way: its bare SQLSTATE stands as the detail of an error. */
const TRANSACTION_LOST = /\b(?:40P01|40001|55P03)\b/

const SCORPIO: ErrorSense = {
  // To an upsert, 409 is two transactions that both wanted to create the entity.
  isPassing: ({ status, detail }) => Number(status) === 409 || TRANSACTION_LOST.test(String(detail)),
}

export function createScorpio(address: DeliveryAddress): Dialect {
  return new Scorpio(address)
}

class Scorpio implements Dialect {
  readonly wrap: WrapEntity
  readonly #broker: HttpPost
  /** Whether the tenant has its database. It is made at the first write, and a batch meanwhile ends in a deadlock. */
  #isWarm: boolean
  /** Ends when the deliveries before do, as long as the tenant may be new. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(address: DeliveryAddress) {
    this.wrap = createNgsiLdWrap(address)
    this.#broker = openBroker(address, batchUpsert)
    this.#isWarm = address.brokerTenant === undefined
  }

  deliver(parcels: readonly Parcel[]): Promise<Verdict> {
    // Two batches that lock the same rows in different orders would wait for each other.
    const ordered = [...parcels].sort((a, b) => (a.id < b.id ? -1 : 1))
    if (this.#isWarm) return this.#upsert(ordered)
    const turn = this.#turn.then(() => (this.#isWarm ? this.#upsert(ordered) : this.#warmUp(ordered)))
    this.#turn = turn
    return turn
  }

  close(): Promise<void> {
    return this.#broker.close()
  }

  #upsert(parcels: readonly Parcel[]): Promise<Verdict> {
    return upsert(this.#broker, parcels, (answer, sent) => readAnswer(answer, sent, SCORPIO))
  }

  /** One at a time until one is stored, then the rest. */
  async #warmUp(parcels: readonly Parcel[]): Promise<Verdict> {
    const refused = new Map<string, string>()
    for (const [index, parcel] of parcels.entries()) {
      const verdict = await this.#upsert([parcel])
      if (verdict.kind === 'refused') refused.set(parcel.id, verdict.detail)
      else if (isPostponed(verdict)) return addDecided(verdict, refused)
      else if (verdict.refused.size > 0) for (const [id, words] of verdict.refused) refused.set(id, words)
      else {
        this.#isWarm = true
        return this.#deliverRest(parcels.slice(index + 1), new Map([...refused, [parcel.id, undefined]]))
      }
    }
    return { kind: 'answered', refused }
  }

  async #deliverRest(rest: readonly Parcel[], decided: Decided): Promise<Verdict> {
    if (rest.length === 0) return addDecided({ kind: 'answered', refused: new Map() }, decided)
    return addDecided(await this.#upsert(rest), decided)
  }
}

/** What was said of some entities before the verdict on the others. A refusal as a whole is looked into for all of them. */
function addDecided(verdict: Verdict, before: Decided): Verdict {
  if (isPostponed(verdict) && before.size > 0) {
    return { ...verdict, decided: new Map([...before, ...(verdict.decided ?? [])]) }
  }
  if (verdict.kind !== 'answered') return verdict
  const refused = [...before].flatMap(([id, words]) => (words === undefined ? [] : [[id, words] as const]))
  return { kind: 'answered', refused: new Map([...refused, ...verdict.refused]) }
}
