/**
 * Devices whose ids look alike in the ids of entities, such as škofja and skofja: they could write into each other's entities. An id
 * that is safe as it is stands for itself, so only the others, of which there are few, have to be kept.
 */
import { makeIdSafe } from '../map/safe-id.ts'
import type { Entry } from './entry.ts'
import type { Place } from './provisioning.ts'

export class LikeIds {
  /** By tenant and safe form. */
  readonly #unsafe = new Map<string, Set<string>>()

  add({ kind, tenant, id }: Entry): void {
    const safe = makeIdSafe(id)
    if (kind !== 'device' || safe === id) return
    const key = toKey(tenant, safe)
    this.#unsafe.set(key, (this.#unsafe.get(key) ?? new Set()).add(id))
  }

  remove({ kind, tenant, id }: Entry): void {
    if (kind === 'device') this.#unsafe.get(toKey(tenant, makeIdSafe(id)))?.delete(id)
  }

  /** Whether any id that is not safe looks like this one. */
  isLookOfAny(tenant: string, safe: string): boolean {
    return this.#unsafe.size > 0 && this.#unsafe.has(toKey(tenant, safe))
  }

  /** Those that are there and have this safe form. */
  find(tenant: string, safe: string, entries: { get(place: Place): Entry | undefined }): readonly Entry[] {
    return [safe, ...(this.#unsafe.get(toKey(tenant, safe)) ?? [])].flatMap(
      id => entries.get({ kind: 'device', tenant, id }) ?? [],
    )
  }
}

function toKey(tenant: string | undefined, safe: string): string {
  return `${tenant ?? ''}\n${safe}`
}
