/** Sends what is in the quarantine of a lane once more, or says what would become of it, by the very flow that messages of the journal take. */
import { carryOut } from '../agent.ts'
import { parseEntity } from '../entity-text.ts'
import { getMessage } from '../errors.ts'
import { loadAllBirths } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import type { QuarantinedMessage } from '../journal/quarantine.ts'
import type { QuarantineFilter } from '../journal/quarantine-filter.ts'
import { Replay, type ReplayedLane } from '../journal/replay.ts'
import type { Entity, EntityText, Outcome } from '../reading.ts'
import type { CarryOptions, Source } from './carried.ts'
import { report } from './drain-log.ts'
import type { LaneProfiles, LaneProfilesOptions } from './lane-profiles.ts'
import { Repeats } from './repeats.ts'
import { ReplayProfiles } from './replay-profiles.ts'
import { Turns } from './turns.ts'

/** Which entries of which lane. */
export interface QuarantineOrder {
  readonly tenant: string
  readonly destination: string
  readonly filter: QuarantineFilter
  /** Changes nothing. */
  readonly dryRun: boolean
}

export interface ReplayReport {
  /** False while some of it is still under way: it goes on by itself, and stays in quarantine until it is settled. */
  readonly finished: boolean
  /** Messages by what became of them, or would. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Those of them that stay in quarantine, by error code. */
  readonly refusals: Readonly<Record<string, number>>
  /** What became of the first of them. */
  readonly entries: readonly ReplayedEntry[]
}

interface ReplayedEntry {
  readonly id: string
  readonly outcome: Outcome['kind']
  readonly code?: string
  readonly detail?: string
  /** Of a dry run: what would be sent. */
  readonly entities?: readonly Entity[]
}

export interface ReplaysOptions {
  readonly engine: Engine
  readonly lane: ReplayedLane
  /** What the messages of the lane meet. */
  readonly options: CarryOptions
  /** Those in use now, tied to a lane. Asked anew for each replay. */
  readonly openProfiles: (options: Omit<LaneProfilesOptions, 'registry'>) => Promise<LaneProfiles>
  readonly onEnd: () => void
}

/** How long an answer waits for the destination; the replay itself waits as long as it takes. */
const ANSWER_MS = 5_000
const ENTRIES_TOLD = 100

export class Replays {
  readonly #options: ReplaysOptions
  #running: { readonly replay: Replay; readonly ended: Promise<void> } | undefined
  #closed = false

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  /** Nothing when one is under way already. Rejects when it fails before it can be answered. */
  async start({ filter, dryRun }: QuarantineOrder): Promise<ReplayReport | undefined> {
    if (this.#closed) throw new Error('expected an open lane, got one that goes back or ends')
    if (this.#running !== undefined && !dryRun) return undefined
    const { engine, lane } = this.#options
    const account = new Account()
    const onOutcome = (entry: QuarantinedMessage, outcome: Outcome) => account.add(entry, outcome)
    const replay = new Replay(engine, lane, { filter, dryRun, onOutcome })
    const work = this.#carry(replay, dryRun ? account : undefined)
    if (dryRun) {
      await work
      return account.toReport(true)
    }
    const ended = work.then(
      () => this.#end(account),
      (error: unknown) => this.#end(account, error),
    )
    this.#running = { replay, ended }
    const finished = await Promise.race([work.then(() => true), delay(ANSWER_MS)])
    return account.toReport(finished)
  }

  /** Takes nothing more. What is not settled by now stays in quarantine. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running?.replay.close()
    await this.#running?.ended
  }

  async #carry(replay: Replay, account: Account | undefined): Promise<void> {
    const profiles = await this.#openProfiles()
    const source: Source = {
      take: async () => {
        const taken = await replay.take()
        await profiles.prepare(taken)
        return taken
      },
      settle: (item, outcome) => replay.settle(item, outcome),
    }
    // It was counted and told when it came into quarantine; and how long it lay there says nothing of the destination.
    const own = {
      ...{ profiles, turns: new Turns(), repeats: new Repeats(), onSettled: () => {} },
      // They saw it when it came.
      shadows: { see: () => {} },
    }
    const { uplink } = this.#options.options
    const options = { ...this.#options.options, ...own, uplink: sendAsOfNow(uplink) }
    const dryOptions = account && { ...options, uplink: account, onOmitted: () => {} }
    await carryOut(source, dryOptions ?? options)
  }

  async #openProfiles(): Promise<ReplayProfiles> {
    const { engine, lane, openProfiles } = this.#options
    return ReplayProfiles.open({
      births: await loadAllBirths(engine, lane.tenant),
      open: births =>
        openProfiles({
          lane: { tenant: lane.tenant, keepWith: () => {} },
          loadBirths: async () => births,
          onRebirthNeeded: () => {},
        }),
    })
  }

  #end(account: Account, error?: unknown): void {
    const { tenant, destination } = this.#options.lane
    this.#running = undefined
    const { outcomes } = account.toReport(true)
    if (error === undefined) report('info', { tenant, destination, outcomes, msg: 'a replay has ended' })
    else report('error', { tenant, destination, error: getMessage(error), msg: 'a replay has failed' })
    this.#options.onEnd()
  }
}

/** It goes out behind all that was sent since it came, and is late by that. */
function sendAsOfNow(uplink: CarryOptions['uplink']): CarryOptions['uplink'] {
  return { send: (entities, settle, position) => uplink.send(entities, settle, position, Date.now()) }
}

/** What has become of messages so far. In a dry run it takes the place of the uplink. */
class Account {
  readonly #outcomes = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  readonly #entries: ReplayedEntry[] = []
  /** Of the message that is being settled. */
  #entities: readonly EntityText[] | undefined

  send(entities: readonly EntityText[], settle: (outcome: Outcome) => void): void {
    this.#entities = entities
    settle({ kind: entities.length === 0 ? 'skipped' : 'delivered' })
    this.#entities = undefined
  }

  add({ id, messages }: QuarantinedMessage, outcome: Outcome): void {
    count(this.#outcomes, outcome.kind, messages)
    const why = outcome.kind === 'quarantined' ? { code: outcome.code, detail: outcome.detail } : {}
    if (outcome.kind === 'quarantined') count(this.#refusals, outcome.code, messages)
    if (this.#entries.length >= ENTRIES_TOLD) return
    const entities = this.#entities && { entities: this.#entities.map(parseEntity) }
    this.#entries.push({ id, outcome: outcome.kind, ...why, ...entities })
  }

  toReport(finished: boolean): ReplayReport {
    return {
      finished,
      outcomes: Object.fromEntries(this.#outcomes),
      refusals: Object.fromEntries(this.#refusals),
      entries: this.#entries,
    }
  }
}

function count(counts: Map<string, number>, name: string, messages: number): void {
  counts.set(name, (counts.get(name) ?? 0) + messages)
}

function delay(ms: number): Promise<false> {
  return new Promise(resolve => setTimeout(() => resolve(false), ms).unref())
}
