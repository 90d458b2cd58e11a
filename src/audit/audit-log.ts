/** The audit log: every change with who made it, in the commit of the change itself. Records are added and read, never changed. */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Change, Engine, Entry } from '../journal/engine.ts'
import {
  type AuditEvent,
  type AuditRecord,
  auditRecordSchema,
  getTenantOf,
  toAuditRecord,
} from './audit-record.ts'

export interface AuditFilter {
  readonly tenant?: string | undefined
  readonly actor?: string | undefined
  readonly kind?: string | undefined
  readonly action?: string | undefined
  /** Milliseconds since the epoch, included. */
  readonly since?: number | undefined
  /** Milliseconds since the epoch, not included. */
  readonly until?: number | undefined
}

export interface AuditPage {
  readonly records: readonly AuditRecord[]
  /** Where the next page begins; absent on the last one. */
  readonly next?: number
}

/** All records lie behind this part of their key. */
const LOG = 'log'
/** Records that are read at once; other work goes on between two such parts. */
const PART = 500
/** Records that one page looks at, at most: with a rare filter it may be shorter than asked for, and yet not the last. */
const SCAN_MAX = 5_000
/** Clocks are set back now and then, so a record may be behind one that claims to be newer. */
const CLOCK_SLACK_MS = 86_400_000

export class AuditLog {
  readonly #engine: Engine
  readonly #now: () => number
  #last: { readonly number: number; readonly hash: string }
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(engine: Engine, last: AuditRecord | undefined, now: () => number) {
    this.#engine = engine
    this.#last = last ?? { number: 0, hash: '' }
    this.#now = now
  }

  static async open(engine: Engine, now: () => number = Date.now): Promise<AuditLog> {
    const [last] = await engine.range('audit', { ...fromNumber(Number.MAX_SAFE_INTEGER), limit: 1, ...BACK })
    return new AuditLog(engine, last && parse(last), now)
  }

  /** How many records there are, and the hash of the last one: whoever keeps it elsewhere can prove all before it. */
  get head(): { readonly number: number; readonly hash: string } {
    return this.#last
  }

  /** What happened that changes nothing in the store. */
  record(event: AuditEvent): Promise<void> {
    return this.commit([event])
  }

  /** Changes of the store and what is told of them, in one commit: all of it or nothing. Rejects when nothing was kept. */
  commit(events: readonly AuditEvent[], changes: readonly Change[] = []): Promise<void> {
    const committed = this.#turn.then(() => this.#commit(events, changes))
    this.#turn = committed.catch(() => undefined)
    return committed
  }

  async #commit(events: readonly AuditEvent[], changes: readonly Change[]): Promise<void> {
    let last = this.#last
    const added: Change[] = []
    for (const event of events) {
      const place = { number: last.number + 1, at: this.#now(), previous: last.hash }
      const record = toAuditRecord(event, place)
      last = record
      added.push({
        table: 'audit',
        key: [LOG, record.number],
        value: Buffer.from(JSON.stringify(record)),
      })
    }
    await this.#engine.commit([...changes, ...added])
    this.#last = { number: last.number, hash: last.hash }
  }

  /** Newest first, before the record `before` if there is one. */
  async list(
    filter: AuditFilter,
    { before, limit }: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<AuditPage> {
    const records: AuditRecord[] = []
    let scanned = 0
    for await (const record of this.#readBack((before ?? this.#last.number + 1) - 1)) {
      if (isBeforeAll(record, filter)) return { records }
      if (matches(record, filter)) records.push(record)
      scanned += 1
      const isEnough = records.length === limit || scanned === SCAN_MAX
      if (isEnough) return { records, ...(record.number > 1 && { next: record.number }) }
    }
    return { records }
  }

  async *#readBack(from: number): AsyncGenerator<AuditRecord> {
    for (let next = from; next >= 1; next -= PART) {
      const entries = await this.#engine.range('audit', { ...fromNumber(next), limit: PART, ...BACK })
      yield* entries.map(parse)
      await breathe()
    }
  }

  /** Oldest first, all that there are at the time of asking. */
  async *read(filter: AuditFilter = {}): AsyncGenerator<AuditRecord> {
    const end = this.#last.number
    for (let next = 1; next <= end; next += PART) {
      const entries = await this.#engine.range('audit', { ...fromNumber(next), limit: PART })
      for (const record of entries.map(parse))
        if (record.number <= end && matches(record, filter)) yield record
      await breathe()
    }
  }
}

const BACK = { backwards: true } as const

function fromNumber(number: number) {
  return { within: [LOG], from: [LOG, number] }
}

function parse({ value }: Entry): AuditRecord {
  return auditRecordSchema.parse(JSON.parse(value.toString()))
}

function isBeforeAll({ at }: AuditRecord, { since }: AuditFilter): boolean {
  return since !== undefined && Date.parse(at) < since - CLOCK_SLACK_MS
}

function matches(record: AuditRecord, { tenant, actor, kind, action, since, until }: AuditFilter): boolean {
  const at = Date.parse(record.at)
  return (
    (tenant === undefined || getTenantOf(record) === tenant) &&
    (actor === undefined || record.actor.name === actor) &&
    (kind === undefined || record.place.kind === kind) &&
    (action === undefined || record.action === action) &&
    (since === undefined || at >= since) &&
    (until === undefined || at < until)
  )
}
