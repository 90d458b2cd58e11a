/** What a stub broker keeps: the current entities, and the way in which every attribute came to its value. */
import { getSimplified } from '../../src/map/key-values.ts'
import type { Attribute, Entity } from '../../src/reading.ts'

interface AttributeLog {
  newestAt: number
  /** Time and value of everything that came, so that a repeat after a crash is told from a late reading. */
  readonly seen: Set<string>
  readonly values: unknown[]
}

export class EntityStore {
  readonly #entities = new Map<string, Entity>()
  readonly #logs = new Map<string, AttributeLog>()
  /** Every entity as it came, as text. */
  readonly #came = new Set<string>()
  readonly #orderFaults: string[] = []
  #repeats = 0

  /** Merges as `options=update` does: attributes that are not named stay (ETSI GS CIM 009, 5.6.8). */
  upsert(entity: Entity): 'created' | 'updated' {
    const text = JSON.stringify(entity)
    if (this.#came.has(text)) this.#repeats += 1
    this.#came.add(text)
    for (const [name, attribute] of Object.entries(entity)) {
      if (typeof attribute !== 'string') this.#log(entity.id, name, attribute)
    }
    const current = this.#entities.get(entity.id)
    this.#entities.set(entity.id, { ...current, ...entity })
    return current === undefined ? 'created' : 'updated'
  }

  /** The entities are gone; how they came to be is remembered. */
  lose(): void {
    this.#entities.clear()
  }

  has(id: string): boolean {
    return this.#entities.has(id)
  }

  get(id: string): Entity | undefined {
    return this.#entities.get(id)
  }

  get ids(): readonly string[] {
    return [...this.#entities.keys()]
  }

  /** The values of one attribute in the order in which they first came, each once. */
  valuesOf(id: string, attribute: string): readonly unknown[] {
    return this.#logs.get(`${id} ${attribute}`)?.values ?? []
  }

  /** Entities that came again as they were. At least once allows that after a failure, never without. */
  get repeats(): number {
    return this.#repeats
  }

  /** New readings that were observed before what the entity already had. */
  get orderFaults(): readonly string[] {
    return this.#orderFaults
  }

  #log(id: string, name: string, attribute: Attribute): void {
    const key = `${id} ${name}`
    const log = this.#logs.get(key) ?? { newestAt: 0, seen: new Set<string>(), values: [] }
    this.#logs.set(key, log)
    const value = getSimplified(attribute)
    const reading = `${attribute.observedAt} ${JSON.stringify(value)}`
    if (log.seen.has(reading)) return
    const observedAt = Date.parse(attribute.observedAt)
    if (observedAt < log.newestAt) {
      const newest = new Date(log.newestAt).toISOString()
      this.#orderFaults.push(`${id}: ${name}: expected nothing before ${newest}, got ${attribute.observedAt}`)
    }
    log.newestAt = Math.max(log.newestAt, observedAt)
    log.seen.add(reading)
    log.values.push(value)
  }
}
