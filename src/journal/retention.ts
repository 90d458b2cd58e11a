/** What leaves the journal and when: settled chunks after their retention, or earlier when a bound asks for room. */
import { getChunkStoredAt } from './chunk.ts'
import type { Change, Engine, Entry } from './engine.ts'
import type { Head } from './head.ts'
import { listLanes, loadLaneState } from './lane-state.ts'
import { type Lack, Room } from './room.ts'

export interface RetentionOptions {
  /** Of all tenants together. */
  readonly maxBytes: number
  /** Of one tenant; that of all where there is none. */
  readonly getTenantMaxBytes?: (tenant: string) => number | undefined
  readonly retentionMs: number
  readonly onFull: 'reject' | 'dropOldest'
  readonly lanes: readonly LanePlace[]
}

export interface LanePlace {
  readonly tenant: string
  readonly destination: string
}

/** Chunks are looked at this many at a time, so that a sweep over millions of messages holds little in memory. */
const SWEEP_CHUNKS = 64
const TENANTS_MAX = 10_000
/** Once room has to be made, this part of the bound is freed beyond it: not every commit is to begin with a sweep. */
const SLACK_SHARE = 1 / 64

export class Retention {
  readonly room: Room
  readonly #engine: Engine
  readonly #heads: ReadonlyMap<string, Head>
  readonly #options: RetentionOptions
  readonly #removed: Map<string, number>
  #lanes: readonly LanePlace[]
  /** Two that remove at once would count the same chunks twice. */
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
    this.#lanes = options.lanes
    const used = [...heads].map(
      ([tenant, { bytes }]) => [tenant, bytes - (removed.get(tenant) ?? 0)] as const,
    )
    this.room = new Room({ ...options, tenants: this.#tenants }, new Map(used))
  }

  /** From now on a message is settled when these lanes have settled it. */
  useLanes(lanes: readonly LanePlace[]): void {
    this.#lanes = lanes
    this.room.useTenants(this.#tenants)
  }

  get #tenants(): readonly string[] {
    return [...new Set(this.#lanes.map(({ tenant }) => tenant))]
  }

  /** Whether `bytes` more of a tenant fit; makes room first where the policy allows it. */
  async makeRoom(tenant: string, bytes: number): Promise<boolean> {
    const getLack = () => this.room.getLack(tenant, bytes)
    if (getLack() === undefined) return true
    await this.hold(async () => {
      const getLackWithSlack = () => this.#addSlack(tenant, bytes)
      await this.#removeSettled(getLackWithSlack, tenant)
      if (this.#options.onFull === 'dropOldest') await this.#dropOldest(getLackWithSlack, tenant)
    })
    return getLack() === undefined
  }

  /** Removes all chunks that every lane has settled and that were stored before their retention began. */
  async expire(now: number): Promise<void> {
    const storedBefore = now - this.#options.retentionMs
    for (const tenant of this.#heads.keys()) {
      let more = true
      // One sweep at a time: a commit that needs room need not wait for all of them.
      while (more) more = await this.hold(() => this.#sweep(tenant, storedBefore))
    }
  }

  /** What is to be freed: more than what lacks, but no more than the message could ever ask for. */
  #addSlack(tenant: string, bytes: number): Lack | undefined {
    const slack = Math.floor(this.room.getMaxBytes(tenant) * SLACK_SHARE)
    return this.room.getLack(tenant, bytes + slack) ?? this.room.getLack(tenant, bytes)
  }

  async #removeSettled(getLack: () => Lack | undefined, tenant: string): Promise<void> {
    const tenants = getLack()?.of === 'own' ? [tenant] : this.room.getLargest()
    for (const each of tenants) {
      let more = true
      while (more && getLack() !== undefined) more = await this.#sweep(each, Number.POSITIVE_INFINITY)
    }
  }

  /** The oldest messages of whoever is past its bound, or, where all together are, of whoever holds most. */
  async #dropOldest(getLack: () => Lack | undefined, tenant: string): Promise<void> {
    for (let lack = getLack(); lack !== undefined; lack = getLack()) {
      const victim = lack.of === 'own' ? tenant : (this.room.getLargest()[0] ?? tenant)
      if (!(await this.#dropSome(victim, lack.bytes))) return
    }
  }

  /** The lanes see the gap that this leaves, and count its messages as expired. They find the end of it by the chunk that stays. */
  async #dropSome(tenant: string, bytes: number): Promise<boolean> {
    const oldest = await this.#readOldest(tenant, SWEEP_CHUNKS + 1)
    let dropped = 0
    const entries = oldest.slice(0, -1).filter(({ value }) => {
      const isNeeded = dropped < bytes
      if (isNeeded) dropped += value.length
      return isNeeded
    })
    await this.#remove(tenant, entries)
    return entries.length > 0
  }

  /** Removes some of the oldest chunks of a tenant that may go. Gives whether there may be more. */
  async #sweep(tenant: string, storedBefore: number): Promise<boolean> {
    const settledUpTo = await this.#getSettledUpTo(tenant)
    const entries = await this.#readOldest(tenant, SWEEP_CHUNKS + 1)
    const end = this.#heads.get(tenant)?.next ?? 0
    // A chunk is settled when the one after it starts at or before every lane's position.
    const removable = entries.slice(0, SWEEP_CHUNKS).filter(({ value }, index) => {
      const nextStart = entries[index + 1]?.key[1] ?? end
      return Number(nextStart) <= settledUpTo && getChunkStoredAt(value) < storedBefore
    })
    await this.#remove(tenant, removable)
    return removable.length === SWEEP_CHUNKS
  }

  async #getSettledUpTo(tenant: string): Promise<number> {
    const own = this.#lanes.filter(lane => lane.tenant === tenant).map(({ destination }) => destination)
    // A tenant that nothing reads any more keeps what its lanes had not settled until it is provisioned again.
    const lanes = own.length > 0 ? own : await listLanes(this.#engine, tenant)
    if (lanes.length === 0) return 0
    const states = await Promise.all(lanes.map(lane => loadLaneState(this.#engine, tenant, lane)))
    return Math.min(...states.map(({ position }) => position))
  }

  async #readOldest(tenant: string, limit: number): Promise<readonly Entry[]> {
    return this.#engine.range('chunks', { within: [tenant], from: [tenant], limit })
  }

  async #remove(tenant: string, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return
    const bytes = entries.reduce((sum, { value }) => sum + value.length, 0)
    const removed = (this.#removed.get(tenant) ?? 0) + bytes
    const value = Buffer.allocUnsafe(8)
    value.writeDoubleLE(removed, 0)
    const changes: Change[] = entries.map(({ key }) => ({ table: 'chunks', key }))
    await this.#engine.commit([...changes, { table: 'heads', key: ['removed', tenant], value }])
    this.#removed.set(tenant, removed)
    this.room.take(tenant, -bytes)
  }

  hold<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#removing.then(work)
    this.#removing = result.catch(() => undefined)
    return result
  }
}
