/** The uplink behind the high-water marks: what is older than what was sent before goes the way that the tenant wants, or nowhere. */
import { pickAttributes } from '../entity-text.ts'
import type { EntityText } from '../reading.ts'
import type { Settle } from '../uplink/parcel.ts'
import { settleTogether } from '../uplink/settle-together.ts'
import type { HighWater } from './high-water.ts'

type Send<T> = (what: T, settle: Settle) => void

interface TimelyOptions {
  readonly highWater: HighWater
  readonly uplink: { readonly send: Send<readonly EntityText[]> }
  /** Takes what is late, where the tenant wants that and the destination can. */
  readonly temporal: { readonly isUsable: boolean; readonly send: Send<EntityText> } | undefined
  /** Hears how many attributes were late. */
  readonly onLate: (attributes: number) => void
}

export class TimelyUplink {
  readonly #options: TimelyOptions

  constructor(options: TimelyOptions) {
    this.#options = options
  }

  /**
   * Takes the entities of one message, and sends the older ones of them first. `now` is the agent's time when it came: how long it
   * then lay in the journal, and which time it is by now, says nothing of what was sent before it.
   */
  send(entities: readonly EntityText[], settle: Settle, position: number, now: number): void {
    const { highWater, uplink } = this.#options
    const inOrder = isInOrder(entities) ? entities : entities.toSorted(byTime)
    let timely: EntityText[] | undefined
    let late: EntityText[] | undefined
    let passed = 0
    for (const entity of inOrder) {
      const names = highWater.pass(entity, position, now)
      if (names.length > 0) {
        timely ??= inOrder.slice(0, passed)
        late ??= []
        late.push(this.#part(entity, names, timely))
      } else {
        timely?.push(entity)
      }
      passed += 1
    }
    if (timely === undefined) uplink.send(inOrder, settle)
    else this.#sendApart(timely, late ?? [], settle)
  }

  #sendApart(timely: readonly EntityText[], late: readonly EntityText[], settle: Settle): void {
    const { uplink, temporal } = this.#options
    if (temporal?.isUsable !== true) {
      uplink.send(timely, settle)
      return
    }
    const settleOne = settleTogether(late.length + (timely.length > 0 ? 1 : 0), settle)
    if (timely.length > 0) uplink.send(timely, settleOne)
    for (const entity of late) temporal.send(entity, settleOne)
  }

  /** Puts what is not late of an entity to the others, and gives the rest. */
  #part(entity: EntityText, lateNames: readonly string[], timely: EntityText[]): EntityText {
    this.#options.onLate(lateNames.length)
    if (lateNames.length === entity.attributes.length) return entity
    const others = entity.attributes.filter(name => !lateNames.includes(name))
    timely.push(pickAttributes(entity, others))
    return pickAttributes(entity, lateNames)
  }
}

function isInOrder(entities: readonly EntityText[]): boolean {
  let last = Number.NEGATIVE_INFINITY
  for (const { observedAt } of entities) {
    if (observedAt < last) return false
    last = observedAt
  }
  return true
}

function byTime(one: EntityText, other: EntityText): number {
  return one.observedAt - other.observedAt
}
