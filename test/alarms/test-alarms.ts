/** The book of alarms as tests open it, around an engine in memory, with what it told. */
import type { AlarmEvent } from '../../src/alarms/alarm.ts'
import { type AlarmLog, Alarms } from '../../src/alarms/alarms.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

export const NINE = Date.parse('2026-01-15T09:00:00Z')

export const SILENT: AlarmLog = { info: () => {}, warn: () => {}, error: () => {} }

export class TestAlarms {
  readonly engine: MemoryEngine
  readonly alarms: Alarms
  readonly events: AlarmEvent[]

  private constructor(engine: MemoryEngine, alarms: Alarms, events: AlarmEvent[]) {
    this.engine = engine
    this.alarms = alarms
    this.events = events
  }

  static async open(engine = new MemoryEngine(), log = SILENT): Promise<TestAlarms> {
    const events: AlarmEvent[] = []
    const take = (event: AlarmEvent) => {
      events.push(event)
      return []
    }
    return new TestAlarms(engine, await Alarms.open({ engine, log, take }), events)
  }

  /** As after a restart. */
  async reopen(): Promise<TestAlarms> {
    await this.alarms.save()
    return TestAlarms.open(this.engine.reopen())
  }

  /** What was told since it was asked before: state, kind and subject. */
  told(): readonly string[] {
    return this.events
      .splice(0)
      .map(({ state, alarm: { kind, subject } }) => [state, kind, subject].join(' ').trim())
  }

  /** Kind and subject of those that stand. */
  get standing(): readonly string[] {
    return this.alarms.standing.map(({ kind, subject }) => `${kind} ${subject}`.trim())
  }
}
