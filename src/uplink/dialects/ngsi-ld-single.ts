/** An NGSI-LD broker without batches: one entity at a time, updated where it is known and created where it is not (5.6.2, 5.6.1). */
import { describeAnswer } from '../answer-text.ts'
import { createNgsiLdWrap, getLink, getNgsiLdHeaders, withContext } from '../batch-upsert.ts'
import { openBroker } from '../broker-http.ts'
import type { DeliveryAddress, Dialect, DialectKind, WrapEntity } from '../dialect.ts'
import type { HttpAnswer, HttpPost, HttpRequest } from '../http-post.ts'
import type { Parcel } from '../parcel.ts'
import { judgeFailure } from '../postponed.ts'
import { type EntityVerdict, readCreation, readUpdate } from '../single-answer.ts'
import type { Verdict } from '../verdict.ts'

const ENTITIES = '/ngsi-ld/v1/entities'

type ToRequest = (parcel: Parcel) => HttpRequest

/** Ways to update an entity that take attributes which it does not have yet: append (5.6.3) and merge (5.6.17). */
const APPENDS: readonly ToRequest[] = [
  parcel => toUpdate(parcel, 'POST', '/attrs'),
  parcel => toUpdate(parcel, 'PATCH', ''),
]
/** All ways. The standard writes the path of the attributes with a slash at its end, and some brokers know only that one. */
const UPDATES: readonly ToRequest[] = [
  parcel => toUpdate(parcel, 'PATCH', '/attrs'),
  parcel => toUpdate(parcel, 'PATCH', '/attrs/'),
  ...APPENDS,
]
const OPEN_BRACE = Buffer.from('{')

export const ngsiLdSingle: DialectKind = {
  createWrap: createNgsiLdWrap,
  getHeaders: getNgsiLdHeaders,
  toRequests: parcels => parcels.map(parcel => toUpdate(parcel, 'PATCH', '/attrs')),
}

export function createNgsiLdSingle(address: DeliveryAddress): Dialect {
  return new NgsiLdSingle(address)
}

class NgsiLdSingle implements Dialect {
  readonly wrap: WrapEntity
  readonly #broker: HttpPost
  /** The first way to update that the broker knows. */
  #updates = UPDATES

  constructor(address: DeliveryAddress) {
    this.wrap = createNgsiLdWrap(address)
    this.#broker = openBroker(address, ngsiLdSingle)
  }

  /** Ends at the first entity that the broker cannot take now: it cannot take the others either. */
  async deliver(parcels: readonly Parcel[]): Promise<Verdict> {
    const decided = new Map<string, string | undefined>()
    try {
      for (const parcel of parcels) {
        const verdict = await this.#deliverOne(parcel)
        if (verdict.kind === 'refused') decided.set(parcel.id, verdict.detail)
        else if (verdict.kind === 'confirmed') decided.set(parcel.id, undefined)
        else return withContext({ ...verdict, decided }, parcel.context)
      }
    } catch (error) {
      return { ...judgeFailure(error), decided }
    }
    const refused = [...decided].flatMap(([id, words]) => (words === undefined ? [] : [[id, words] as const]))
    return { kind: 'answered', refused: new Map(refused) }
  }

  close(): Promise<void> {
    return this.#broker.close()
  }

  async #deliverOne(parcel: Parcel): Promise<EntityVerdict> {
    const [toFirst] = this.#updates
    const answer = toFirst && (await this.#broker.request(toFirst(parcel)))
    if (answer !== undefined && !isUnknown(answer)) {
      return this.#readUpdate(answer, parcel)
    }
    const creation = readCreation(await this.#broker.request(toCreation(parcel)))
    return creation.kind === 'present' ? this.#findUpdate(parcel, creation.answer) : creation
  }

  /** The entity is there after all: so it is the way to update it that the broker does not know. */
  async #findUpdate(parcel: Parcel, conflict: HttpAnswer): Promise<EntityVerdict> {
    for (const [index, toRequest] of this.#updates.entries()) {
      const answer = await this.#broker.request(toRequest(parcel))
      if (isUnknown(answer)) continue
      this.#updates = this.#updates.slice(index)
      return this.#readUpdate(answer, parcel)
    }
    return { kind: 'later', detail: `expected a way to update ${parcel.id}, got ${describeAnswer(conflict)}` }
  }

  /** Updating leaves out attributes that the entity does not have yet: those are appended. */
  async #readUpdate(answer: HttpAnswer, parcel: Parcel): Promise<EntityVerdict> {
    const verdict = readUpdate(answer)
    if (verdict.kind !== 'incomplete') return verdict
    for (const toRequest of APPENDS) {
      const appended = await this.#broker.request(toRequest(parcel))
      if (isUnknown(appended)) continue
      const result = readUpdate(appended)
      return result.kind === 'incomplete' ? { kind: 'refused', detail: result.detail } : result
    }
    return { kind: 'refused', detail: verdict.detail }
  }
}

/** The entity, or the path. */
function isUnknown({ status }: HttpAnswer): boolean {
  return status === 404 || status === 405
}

function toCreation({ json, context }: Parcel): HttpRequest {
  return { method: 'POST', path: ENTITIES, body: json, headers: getLink(context) }
}

/** The attributes alone: all that comes behind id and type. */
function toUpdate(
  { id, json, headBytes, context }: Parcel,
  method: HttpRequest['method'],
  end: string,
): HttpRequest {
  // A colon may stand in a path as it is, and some brokers look for the id as it was written there.
  const path = `${ENTITIES}/${encodeURIComponent(id).replaceAll('%3A', ':')}${end}`
  const body = Buffer.concat([OPEN_BRACE, json.subarray(headBytes + 1)])
  return { method, path, body, headers: getLink(context) }
}
