/** Who listens to what, so that a message that nobody subscribes to is spared the broker's fan-out, a third of its cost. */
import { remember } from '../remember.ts'
import { FilterIndex } from './store/filter-index.ts'

export class Audience {
  readonly #filtersByClient = new Map<string, Set<string>>()
  readonly #index = new FilterIndex<true>()
  /** Whether a topic has an audience, until the next change of subscriptions. */
  readonly #known = new Map<string, boolean>()

  add(clientId: string, filters: readonly string[]): void {
    const present = this.#filtersByClient.get(clientId) ?? new Set()
    for (const filter of filters) {
      present.add(filter)
      this.#index.add(filter, clientId, true)
    }
    this.#filtersByClient.set(clientId, present)
    this.#known.clear()
  }

  remove(clientId: string, filters: readonly string[]): void {
    const present = this.#filtersByClient.get(clientId)
    for (const filter of filters) {
      present?.delete(filter)
      this.#index.remove(filter, clientId)
    }
    if (present?.size === 0) this.#filtersByClient.delete(clientId)
    this.#known.clear()
  }

  /** A clean session begins: whatever an earlier one of the same id had subscribed to is gone. */
  forget(clientId: string): void {
    this.remove(clientId, [...(this.#filtersByClient.get(clientId) ?? [])])
  }

  has(topic: string): boolean {
    if (this.#filtersByClient.size === 0) return false
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    return remember(this.#known, topic, this.#index.has(topic), KNOWN_MAX)
  }
}

const KNOWN_MAX = 10_000
