/** The last value of every entity, in memory and bounded: what an embedded destination shows before there is a context broker. */
import type { Entity } from '../reading.ts'

export interface PreviewQuery {
  readonly ids?: readonly string[]
  readonly types?: readonly string[]
  readonly tenant?: string
  readonly limit: number
  readonly offset: number
}

const PREVIEW_ENTITIES_MAX = 10_000

export class PreviewStore {
  /** By tenant and id; in order of their last update, so that the one unheard of for longest is the first to go. */
  readonly #entities = new Map<string, { readonly tenant: string; readonly entity: Entity }>()

  /** Update semantics, as a broker's upsert has: attributes that are not sent stay. */
  upsert(tenant: string, entity: Entity): void {
    const key = `${tenant}\n${entity.id}`
    const present = this.#entities.get(key)
    this.#entities.delete(key)
    this.#entities.set(key, { tenant, entity: { ...present?.entity, ...entity } })
    if (this.#entities.size <= PREVIEW_ENTITIES_MAX) return
    for (const oldest of this.#entities.keys()) {
      this.#entities.delete(oldest)
      return
    }
  }

  /** Gives how many of them there were. */
  remove(tenant: string, ids: readonly string[], dryRun: boolean): number {
    const keys = ids.map(id => `${tenant}\n${id}`).filter(key => this.#entities.has(key))
    if (!dryRun) for (const key of keys) this.#entities.delete(key)
    return keys.length
  }

  /** The tenant is gone. */
  forgetTenant(tenant: string): void {
    for (const [key, stored] of this.#entities) if (stored.tenant === tenant) this.#entities.delete(key)
  }

  list({ ids, types, tenant, limit, offset }: PreviewQuery): readonly Entity[] {
    return [...this.#entities.values()]
      .filter(stored => tenant === undefined || stored.tenant === tenant)
      .map(({ entity }) => entity)
      .filter(({ id, type }) => (ids?.includes(id) ?? true) && (types?.includes(type) ?? true))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(offset, offset + limit)
  }
}
