/** What leaves the journal and when: settled chunks after their retention, or earlier when the bound asks for room. */
import { getChunkStoredAt } from './chunk.ts'
import type { Change, Engine, Entry } from './engine.ts'
import type { Head } from './head.ts'
import { loadLaneState } from './lane-state.ts'

export interface RetentionOptions {
  readonly maxBytes: number
  readonly retentionMs: number
  readonly onFull: 'reject' | 'dropOldest'
  readonly lanes: readonly { readonly tenant: string; readonly destination: string }[]
}

interface Settled {
  readonly entries: readonly Entry[]
  /** Whether there may be more to remove behind these. */
  readonly more: boolean
}

/** Chunks are looked at this many at a time, so that a sweep over millions of messages holds little in memory. */
const SWEEP_CHUNKS = 64
const TENANTS_MAX = 10_000

export class Retention {
  readonly #engine: Engine
  readonly #heads: ReadonlyMap<string, Head>
  readonly #options: RetentionOptions
  readonly #removed: Map<string, number>
  #removing: Promise<unknown> = Promise.resolve()

  static async open(
    engine: Engine,
    heads: ReadonlyMap<string, Head>,
    options: RetentionOptions,
  ): Promise<Retention> {
    const entries = await engine.range('heads', {
      within: ['removed'],
      from: ['removed'],
      limit: TENANTS_MAX,
    })
    const removed = new Map(entries.map(({ key, value }) => [String(key[1]), value.readDoubleLE(0)]))
    return new Retention(engine, heads, options, removed)
  }

  private constructor(
    engine: Engine,
    heads: ReadonlyMap<string, Head>,
    options: RetentionOptions,
    removed: Map<string, number>,
  ) {
    this.#engine = engine
    this.#heads = heads
    this.#options = options
    this.#removed = removed
  }

  /** Bytes of all chunks that are in the journal. */
  getBytes(): number {
    return sum([...this.#heads.values()].map(({ bytes }) => bytes)) - sum([...this.#removed.values()])
  }

  /** Whether `bytes` more of a tenant fit; makes room first where the policy allows it. */
  async makeRoom(tenant: string, bytes: number): Promise<boolean> {
    const fits = () => this.getBytes() + bytes <= this.#options.maxBytes
    if (fits()) return true
    await this.hold(async () => {
      await this.#removeSettled(Number.POSITIVE_INFINITY, fits)
      while (!fits() && this.#options.onFull === 'dropOldest') {
        if (!(await this.#dropOldest(tenant))) break
      }
    })
    return fits()
  }

  /** Removes all chunks that every lane has settled and that were stored before their retention began. */
  async expire(now: number): Promise<void> {
    await this.hold(() => this.#removeSettled(now - this.#options.retentionMs, () => false))
  }

  /** Nothing else is removed while this work goes on. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#removing.then(work)
    this.#removing = result.catch(() => undefined)
    return result
  }

  async #removeSettled(storedBefore: number, isEnough: () => boolean): Promise<void> {
    for (const tenant of this.#heads.keys()) {
      let more = !isEnough()
      while (more) {
        const settled = await this.#findSettled(tenant, storedBefore)
        await this.#remove(tenant, settled.entries)
        more = settled.more && !isEnough()
      }
    }
  }

  /** The oldest chunks of a tenant that may go. A chunk is settled when the one after it starts at or before every lane's position. */
  async #findSettled(tenant: string, storedBefore: number): Promise<Settled> {
    const settledUpTo = await this.#getSettledUpTo(tenant)
    const entries = await this.#readOldest(tenant, SWEEP_CHUNKS + 1)
    const end = this.#heads.get(tenant)?.next ?? 0
    const removable = entries.slice(0, SWEEP_CHUNKS).filter(({ value }, index) => {
      const nextStart = entries[index + 1]?.key[1] ?? end
      return Number(nextStart) <= settledUpTo && getChunkStoredAt(value) < storedBefore
    })
    return { entries: removable, more: removable.length === SWEEP_CHUNKS }
  }

  async #getSettledUpTo(tenant: string): Promise<number> {
    const lanes = this.#options.lanes.filter(lane => lane.tenant === tenant)
    // A tenant that nothing reads any more keeps its messages until it is provisioned again.
    if (lanes.length === 0) return 0
    const states = await Promise.all(
      lanes.map(({ destination }) => loadLaneState(this.#engine, tenant, destination)),
    )
    return Math.min(...states.map(({ position }) => position))
  }

  /** The lanes see the gap that this leaves, and count its messages as expired. */
  async #dropOldest(tenant: string): Promise<boolean> {
    const oldest = await this.#readOldest(tenant, 1)
    await this.#remove(tenant, oldest)
    return oldest.length > 0
  }

  async #readOldest(tenant: string, limit: number): Promise<readonly Entry[]> {
    return this.#engine.range('chunks', { within: [tenant], from: [tenant], limit })
  }

  async #remove(tenant: string, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return
    const removed = (this.#removed.get(tenant) ?? 0) + sum(entries.map(({ value }) => value.length))
    const value = Buffer.allocUnsafe(8)
    value.writeDoubleLE(removed, 0)
    const changes: Change[] = entries.map(({ key }) => ({ table: 'chunks', key }))
    await this.#engine.commit([...changes, { table: 'heads', key: ['removed', tenant], value }])
    this.#removed.set(tenant, removed)
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
