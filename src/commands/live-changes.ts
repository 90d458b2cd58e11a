/**
 * Puts what is provisioned to use in the running parts. What comes is known to the draining thread before anything of it is taken
 * in, and what goes is taken in no more before it is forgotten there: so no message finds a thread that does not know it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { BridgeConfig } from '../config/bridge.ts'
import type { Draining } from '../draining/draining.ts'
import type { LaneReport } from '../draining/protocol.ts'
import { getMessage } from '../errors.ts'
import type { WaysIn } from '../ingest/ways-in.ts'
import type { Journal } from '../journal/journal.ts'
import type { LanePlace } from '../journal/retention.ts'
import { type EntryChange, showPlace } from '../provisioning/entry.ts'
import type { Indexes } from '../provisioning/indexes.ts'
import type { Live } from '../provisioning/live-provisioning.ts'
import type { Place, Refusal } from '../provisioning/provisioning.ts'
import type { RegistryChange } from '../registry/registry-data.ts'
import { listLanePlaces } from './part-options.ts'

export interface LiveChangesOptions {
  readonly indexes: Indexes
  readonly bridges: readonly BridgeConfig[]
  readonly draining: Draining
  readonly journal: Journal
  readonly ways: WaysIn
  readonly log: Logger
}

/** A lane that is to go, because of a change of its tenant. */
interface GoingLane extends LanePlace {
  readonly place: Place
}

/** So long a lane has to deliver what came before the change. */
const SETTLE_MS = 3_000
const LOOK_MS = 50

export class LiveChanges implements Live {
  readonly #options: LiveChangesOptions

  constructor(options: LiveChangesOptions) {
    this.#options = options
  }

  async hold(changes: readonly EntryChange[], isMeant: boolean): Promise<readonly Refusal[]> {
    const bridged = this.#findBridged(changes)
    const lanes = this.#findGoing(changes)
    if (bridged.length > 0 || lanes.length === 0) return bridged
    const kept = await this.#findKept(lanes, isMeant ? ['quarantined'] : ['quarantined', 'waiting'])
    if (kept.length > 0 || !isMeant) return kept
    this.#use(changes.filter(({ after }) => after === undefined))
    try {
      const inUse = await this.#settle(lanes)
      if (inUse.length > 0) await this.release(changes)
      return inUse
    } catch (error) {
      await this.release(changes)
      throw error
    }
  }

  async release(changes: readonly EntryChange[]): Promise<void> {
    // What was not held is only set to what it is.
    const gone = changes.filter(({ after }) => after === undefined)
    this.#use(gone.map(({ before }) => ({ before: undefined, after: before })))
  }

  async apply(changes: readonly EntryChange[]): Promise<void> {
    const { indexes, journal } = this.#options
    const all = indexes.toRegistryChanges(changes)
    const isTold = await this.#tell(all.filter(({ value }) => value !== undefined))
    this.#use(changes)
    journal.useLanes(listLanePlaces(indexes.registry))
    await this.#tell(isTold ? all.filter(({ value }) => value === undefined) : all)
  }

  /** Cuts those who still use a password whose time is over. */
  endGraces(): void {
    const { indexes, ways } = this.#options
    const ended = indexes.takeEndedGraces(Date.now())
    if (ended.credentials.size > 0) ways.recheck(ended)
  }

  /** On this thread. */
  #use(changes: readonly EntryChange[]): void {
    const { indexes, ways } = this.#options
    indexes.registry.apply(indexes.toRegistryChanges(changes))
    ways.recheck(indexes.applyLogins(changes))
  }

  /** A thread that has just died starts again with what this one knows by then. */
  async #tell(changes: readonly RegistryChange[]): Promise<boolean> {
    const { draining, log } = this.#options
    try {
      await draining.applyChanges(changes)
      return true
    } catch (error) {
      log.warn({ error: getMessage(error), msg: 'the draining thread did not take a change' })
      return false
    }
  }

  #findBridged(changes: readonly EntryChange[]): readonly Refusal[] {
    return changes.flatMap(({ before, after }) => {
      if (before?.kind !== 'tenant' || after !== undefined) return []
      const bridges = this.#options.bridges.filter(({ tenant }) => tenant === before.id)
      return bridges.map(({ id }) =>
        toRefusal(before, `expected no bridge that fetches its messages, got ${id}`),
      )
    })
  }

  #findGoing(changes: readonly EntryChange[]): readonly GoingLane[] {
    const before = listLanePlaces(this.#options.indexes.registry)
    const next = this.#options.indexes.toRegistryChanges(changes)
    return next.flatMap(change => {
      if (change.kind !== 'tenant') return []
      const stays = new Set(change.value?.destinations.map(({ id }) => id))
      return before
        .filter(({ tenant, destination }) => tenant === change.id && !stays.has(destination))
        .map(lane => ({ ...lane, place: { kind: 'tenant', id: change.id } as const }))
    })
  }

  async #findKept(
    lanes: readonly GoingLane[],
    terms: readonly ('quarantined' | 'waiting')[],
  ): Promise<readonly Refusal[]> {
    const reports = await this.#options.draining.ask('getLanes')
    return lanes.flatMap(lane => {
      const report = reports.find(({ tenant, destination }) => isOf(lane, { tenant, destination }))
      return report === undefined || terms.every(term => report.balance[term] === 0)
        ? []
        : [toKeptRefusal(lane, report)]
    })
  }

  /** What was taken in before is delivered, for as long as that takes no time to speak of. */
  async #settle(lanes: readonly GoingLane[]): Promise<readonly Refusal[]> {
    const { journal, draining } = this.#options
    const heads = new Map<string, number>()
    for (const { tenant } of lanes) {
      await new Promise<void>(resolve => journal.passAfter(tenant, () => resolve()))
      heads.set(tenant, journal.getReceived(tenant))
    }
    const until = performance.now() + SETTLE_MS
    for (;;) {
      const reports = await draining.ask('getLanes')
      const open = lanes.flatMap(lane => {
        const report = reports.find(({ tenant, destination }) => isOf(lane, { tenant, destination }))
        const head = heads.get(lane.tenant) ?? 0
        if (report === undefined) return []
        const { position, quarantined } = report.balance
        return position >= head && quarantined === 0 ? [] : [toKeptRefusal(lane, report)]
      })
      if (open.length === 0 || performance.now() > until) return open
      await delay(LOOK_MS)
    }
  }
}

function isOf(lane: LanePlace, { tenant, destination }: LanePlace): boolean {
  return lane.tenant === tenant && lane.destination === destination
}

function toKeptRefusal({ place, destination }: GoingLane, { balance }: LaneReport): Refusal {
  const { waiting, quarantined } = balance
  const expectation = `expected no messages for destination ${destination} any more`
  return toRefusal(place, `${expectation}, got ${waiting} that wait and ${quarantined} in quarantine`)
}

function toRefusal(place: Place, problem: string): Refusal {
  return { code: 'IN_USE', place, faults: [{ file: showPlace(place), key: '', problem }] }
}
