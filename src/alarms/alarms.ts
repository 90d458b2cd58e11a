/**
 * The book of alarms: those that stand, and those that have ended. Each is on disk, so that a restart neither repeats nor forgets one;
 * what goes to webhooks is committed with it.
 */
import { getMessage } from '../errors.ts'
import type { Change, Engine } from '../journal/engine.ts'
import {
  type Alarm,
  type AlarmEvent,
  type AlarmKind,
  type AlarmPlace,
  type Finding,
  SEVERITIES,
  type Severity,
} from './alarm.ts'
import { createAlarmChange, createAlarmRemoval, loadAlarms } from './alarm-store.ts'

type LogLine = (fields: object) => void
export interface AlarmLog {
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}

interface AlarmsOptions {
  readonly engine: Pick<Engine, 'range' | 'commit'>
  readonly log: AlarmLog
  /** Takes what is to be sent to others. Gives what is committed with the alarm. */
  readonly take?: (event: AlarmEvent) => readonly Change[]
  /** Hears when what was taken is on disk. */
  readonly onTaken?: () => void
}

export interface AlarmQuery {
  readonly tenant?: string | undefined
  readonly kind?: AlarmKind | undefined
  readonly state?: 'open' | 'ended' | undefined
  /** Only those with a lower number. */
  readonly before?: number | undefined
  readonly limit: number
}

/** What is said of one thing. */
export interface AlarmsOf {
  readonly kinds: readonly AlarmKind[]
  readonly tenant: string
  readonly subject: string
}

/** Ended alarms that are kept; some months of a large city. */
const HISTORY_MAX = 10_000

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const

export class Alarms {
  readonly #options: AlarmsOptions
  readonly #open = new Map<string, Alarm>()
  #ended: Alarm[] = []
  #nextId = 1
  /** By its key, since only the last change of a record counts. */
  readonly #unsaved = new Map<string, Change>()
  #saving: Promise<void> | undefined
  #isFailing = false

  static async open(options: AlarmsOptions): Promise<Alarms> {
    const alarms = new Alarms(options)
    for (const alarm of await loadAlarms(options.engine)) {
      alarms.#nextId = alarm.id + 1
      if (alarm.until === undefined) alarms.#open.set(toKey(alarm), alarm)
      else alarms.#ended.push(alarm)
    }
    return alarms
  }

  private constructor(options: AlarmsOptions) {
    this.#options = options
  }

  /** Those that stand, in the order in which they began. */
  get standing(): readonly Alarm[] {
    return [...this.#open.values()]
  }

  find(place: AlarmPlace): Alarm | undefined {
    return this.#open.get(toKey(place))
  }

  /** An alarm that stands already is not started again; its words may change, and only a higher severity is told. */
  open(finding: Finding, now = Date.now()): void {
    const { kind, tenant, subject, severity, message, code } = finding
    const present = this.find(finding)
    const { id, since } = present ?? { id: this.#nextId, since: now }
    const alarm = { ...{ id, kind, tenant, subject, severity, code, message }, since }
    this.#open.set(toKey(alarm), alarm)
    if (present === undefined) {
      this.#nextId += 1
      this.#tell({ state: 'start', alarm, at: now })
    } else if (isWorse(severity, present.severity)) {
      this.#tell({ state: 'worse', alarm, at: now })
    }
  }

  /** Does nothing where there is none. */
  close(place: AlarmPlace, now = Date.now()): void {
    const present = this.find(place)
    if (present === undefined) return
    const alarm = { ...present, until: now }
    this.#open.delete(toKey(place))
    this.#ended.push(alarm)
    this.#forgetOldest()
    this.#tell({ state: 'end', alarm, at: now })
  }

  /** All that there is of one thing, standing or ended, as if it had never been. Gives how many there were. */
  async forget({ kinds, tenant, subject }: AlarmsOf, dryRun: boolean): Promise<number> {
    const isMeant = (alarm: Alarm) =>
      alarm.tenant === tenant && alarm.subject === subject && kinds.includes(alarm.kind)
    const meant = [...this.standing, ...this.#ended].filter(isMeant)
    if (dryRun || meant.length === 0) return meant.length
    for (const alarm of meant) {
      this.#open.delete(toKey(alarm))
      this.#keep(createAlarmRemoval(alarm))
    }
    this.#ended = this.#ended.filter(alarm => !isMeant(alarm))
    await this.save()
    return meant.length
  }

  /** Of these kinds the findings are all that there is: others that stand end. */
  settle(kinds: readonly AlarmKind[], findings: readonly Finding[], now = Date.now()): void {
    const found = new Set(findings.map(toKey))
    for (const alarm of this.standing)
      if (kinds.includes(alarm.kind) && !found.has(toKey(alarm))) this.close(alarm, now)
    for (const finding of findings) this.open(finding, now)
  }

  /** Newest first. */
  list({ tenant, kind, state, before = Number.POSITIVE_INFINITY, limit }: AlarmQuery): readonly Alarm[] {
    const open = state === 'ended' ? [] : this.standing
    const ended = state === 'open' ? [] : this.#ended
    return [...open, ...ended]
      .filter(alarm => alarm.id < before && (kind === undefined || alarm.kind === kind))
      .filter(alarm => tenant === undefined || alarm.tenant === tenant)
      .sort((one, other) => other.id - one.id)
      .slice(0, limit)
  }

  /** Resolves when all that can be on disk is. What could not be written is tried again. */
  async save(): Promise<void> {
    this.#saving ??= this.#saveAll()
    await this.#saving
  }

  #tell(event: AlarmEvent): void {
    const { log, take } = this.#options
    const { state, alarm } = event
    const { id: _id, since, until: _until, message, ...fields } = alarm
    const line = { ...fields, detail: message, since: new Date(since).toISOString() }
    if (state === 'end') log.info({ ...line, msg: 'an alarm has ended' })
    else log[LEVELS[alarm.severity]]({ ...line, msg: `an alarm ${state === 'start' ? 'began' : 'is worse'}` })
    for (const change of [createAlarmChange(alarm), ...(take?.(event) ?? [])]) this.#keep(change)
    void this.save()
  }

  #forgetOldest(): void {
    if (this.#ended.length <= HISTORY_MAX) return
    for (const alarm of this.#ended.splice(0, this.#ended.length - HISTORY_MAX))
      this.#keep(createAlarmRemoval(alarm))
  }

  #keep(change: Change): void {
    this.#unsaved.set(JSON.stringify(change.key), change)
  }

  async #saveAll(): Promise<void> {
    // What is found in one look goes in one commit.
    await Promise.resolve()
    let isSaved = true
    while (this.#unsaved.size > 0 && isSaved) {
      const changes = [...this.#unsaved]
      this.#unsaved.clear()
      isSaved = await this.#commit(changes)
    }
    this.#saving = undefined
    // Those who are to hear of a full disk hear of it all the same.
    this.#options.onTaken?.()
  }

  async #commit(changes: readonly (readonly [string, Change])[]): Promise<boolean> {
    try {
      await this.#options.engine.commit(changes.map(([, change]) => change))
      this.#isFailing = false
      return true
    } catch (error) {
      for (const [key, change] of changes) if (!this.#unsaved.has(key)) this.#unsaved.set(key, change)
      if (!this.#isFailing)
        this.#options.log.error({ error: getMessage(error), msg: 'alarms could not be saved' })
      this.#isFailing = true
      return false
    }
  }
}

function toKey({ kind, tenant = '', subject }: AlarmPlace): string {
  return `${kind}\n${tenant}\n${subject}`
}

function isWorse(severity: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than)
}
