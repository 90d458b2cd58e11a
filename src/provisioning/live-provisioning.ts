/**
 * What is provisioned, as one: the files and the store side by side. A change is checked as a whole, is on disk together with
 * what the audit log says of it, and then in use everywhere, before it is answered.
 */

import type { AuditEvent } from '../audit/audit-record.ts'
import { formatFault } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { Change, Engine } from '../journal/engine.ts'
import type { ProvisionedDevice } from '../registry/provision.ts'
import { toEvent } from './change-event.ts'
import { type Entry, type EntryChange, showPlace, toProvisioned } from './entry.ts'
import { findRefusals, findRefusalsOfAll, type Surroundings } from './entry-faults.ts'
import { listEntries } from './entry-list.ts'
import { readEntries, toChange } from './entry-record.ts'
import { EntryDraft, EntryTable } from './entry-table.ts'
import { draftFile } from './file-entries.ts'
import type {
  Actor,
  ChangeAnswer,
  Edit,
  Kind,
  Listed,
  ListQuery,
  Place,
  Provisioned,
  Refusal,
  ShownSecret,
} from './provisioning.ts'
import { readStored } from './read-value.ts'
import { findWarnings } from './warnings.ts'
import { fulfil, type WishOptions } from './wish.ts'

/** The running parts of the agent that what is provisioned steers. */
export interface Live {
  /** Why what is to go is still in use. Where the change is meant, nothing new is taken in for it from now on. */
  hold(changes: readonly EntryChange[], isMeant: boolean): Promise<readonly Refusal[]>
  /** It stays after all. */
  release(changes: readonly EntryChange[]): Promise<void>
  /** Resolves when every part works by it. */
  apply(changes: readonly EntryChange[]): Promise<void>
}

export interface ProvisioningOptions {
  readonly engine: Engine
  /** The key of this installation. */
  readonly key: Buffer
  /** What the configuration and the provisioning file give. */
  readonly fromFiles: readonly Entry[]
  readonly fileOf: WishOptions['fileOf']
  /** Asked at each change: profiles change too. */
  readonly getSurroundings: () => Surroundings
  /** Keeps what changes and what is told of it in one commit. */
  readonly audit?:
    | { commit(events: readonly AuditEvent[], changes: readonly Change[]): Promise<void> }
    | undefined
  readonly live?: Live | undefined
  readonly now?: (() => number) | undefined
}

interface ChangeOptions {
  readonly actor: Actor
  readonly dryRun?: boolean | undefined
}

/** Wishes on a draft, in their order. */
interface Drafted {
  readonly draft: EntryDraft
  readonly places: readonly Place[]
  readonly refusals: readonly Refusal[]
  readonly shown: readonly ShownSecret[]
  readonly edits?: readonly Edit[]
}

const NOWHERE: Live = { hold: async () => [], release: async () => {}, apply: async () => {} }

export class Provisioning {
  readonly #options: ProvisioningOptions
  readonly #table: EntryTable
  #live: Live
  #last: Promise<unknown> = Promise.resolve()

  /** Throws PROVISION_INVALID where what was stored does not fit what the files say by now. */
  static async open(options: ProvisioningOptions): Promise<Provisioning> {
    const provisioning = new Provisioning(options)
    await provisioning.#load()
    return provisioning
  }

  private constructor(options: ProvisioningOptions) {
    this.#options = options
    this.#table = new EntryTable(({ parsed }) =>
      options.getSurroundings().listUnusualClaims(parsed as ProvisionedDevice),
    )
    this.#live = options.live ?? NOWHERE
  }

  /** From now on changes reach the running parts of the agent. */
  set live(live: Live) {
    this.#live = live
  }

  get(place: Place): Provisioned | undefined {
    const entry = this.#table.get(place)
    return entry && toProvisioned(entry)
  }

  list(kind: Kind, query: ListQuery): Listed {
    return listEntries(this.#table, kind, query)
  }

  /** With what is secret: for the parts that work by it. */
  getEntry(place: Place): Entry | undefined {
    return this.#table.get(place)
  }

  listEntries(kind: Kind, tenant: string): Iterable<Entry> {
    return this.#table.list(kind, tenant)
  }

  get destinations(): readonly Entry[] {
    return [...this.#table.list('destination')]
  }

  /** Everything, with what is secret: for the parts that work by it. */
  *entries(): Iterable<Entry> {
    for (const kind of ['destination', 'tenant', 'credential', 'device'] as const)
      yield* this.#table.list(kind)
  }

  /** All wishes or none, after all changes that were asked for before. Rejects where the disk does not take it: then nothing was changed. */
  change(edits: readonly Edit[], options: ChangeOptions): Promise<ChangeAnswer> {
    return this.#inTurn(async () => this.#change(this.#draftWishes(edits), options))
  }

  /** What a file says of these kinds now, in place of what it said before. Nothing of it is stored. */
  useFile(entries: readonly Entry[], kinds: readonly Kind[], actor: Actor): Promise<ChangeAnswer> {
    return this.#inTurn(async () => {
      const draft = new EntryDraft(this.#table)
      const refusals = draftFile(entries, kinds, draft, this.#table)
      const places = draft.changes.map(({ place }) => place)
      return this.#change({ draft, places, refusals, shown: [] }, { actor })
    })
  }

  async #load(): Promise<void> {
    const { engine, key, fromFiles, fileOf } = this.#options
    for (const entry of fromFiles) this.#table.set(entry)
    const problems: string[] = []
    for await (const stored of readEntries(engine, key)) {
      const there = this.#table.get(stored)
      const read = readStored(stored)
      if (there !== undefined)
        problems.push(
          `${fileOf(stored)}: ${showPlace(stored)}: expected an id that is not in the store, got one that is`,
        )
      else if (read.faults !== undefined) problems.push(...read.faults.map(formatFault))
      else this.#table.set(read.value)
    }
    const refusals = findRefusalsOfAll(this.#table, this.#options.getSurroundings())
    problems.push(...refusals.flatMap(({ faults }) => faults.map(formatFault)))
    if (problems.length > 0) throw new TromostError('PROVISION_INVALID', problems.join('\n'))
  }

  async #change(
    { draft, places, refusals, shown, edits = [] }: Drafted,
    { actor, dryRun = false }: ChangeOptions,
  ): Promise<ChangeAnswer> {
    const surroundings = this.#options.getSurroundings()
    this.#table.followProfiles(surroundings.profilesRevision)
    const refused = refusals.length > 0 ? refusals : findRefusals(draft, surroundings)
    if (refused.length > 0) return { refusals: refused }
    const { changes } = draft
    const inUse = await this.#live.hold(changes, !dryRun)
    if (inUse.length > 0) return { refusals: inUse }
    const answer = places.map(place => {
      const { before, after } = draft.getChange(place) ?? toUnchanged(draft.get(place))
      return { before: before && toProvisioned(before), after: after && toProvisioned(after) }
    })
    const warnings = findWarnings(edits, draft, surroundings.isBridged)
    if (!dryRun) await this.#carryOut(changes, actor)
    return { changes: answer, warnings, secrets: dryRun ? [] : shown }
  }

  #draftWishes(edits: readonly Edit[]): Drafted {
    const { key, fileOf, now = Date.now } = this.#options
    const draft = new EntryDraft(this.#table)
    const fulfilled = edits.map(edit => fulfil(edit, draft, { key, fileOf, now: now() }))
    return {
      ...{ draft, edits, places: edits },
      refusals: fulfilled.flatMap(({ refusal }) => refusal ?? []),
      shown: fulfilled.flatMap(one => (one.refusal === undefined ? (one.shown ?? []) : [])),
    }
  }

  async #carryOut(changes: EntryDraft['changes'], actor: Actor): Promise<void> {
    if (changes.length === 0) return
    const { engine, key, audit } = this.#options
    const kept = changes
      .filter(({ before, after }) => (after ?? before)?.source === 'api')
      .map(({ place, after }) => toChange(place, after, key))
    try {
      if (audit !== undefined)
        await audit.commit(
          changes.map(change => toEvent(change, actor)),
          kept,
        )
      else if (kept.length > 0) await engine.commit(kept)
    } catch (error) {
      await this.#live.release(changes)
      throw new TromostError('PROVISION_FAILED', getMessage(error), { cause: error })
    }
    this.#keep(changes)
    await this.#live.apply(changes)
  }

  #keep(changes: EntryDraft['changes']): void {
    for (const { place, after } of changes) {
      if (after === undefined) this.#table.remove(place)
      else this.#table.set(after)
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}

function toUnchanged(entry: Entry | undefined): EntryChange {
  return { before: entry, after: entry }
}
