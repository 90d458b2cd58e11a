import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import { loadLane, TERMS, type Term, toTerm } from '../../src/journal/lane-state.ts'
import { listQuarantine } from '../../src/journal/quarantine.ts'
import { Replay } from '../../src/journal/replay.ts'
import { rewindLane } from '../../src/journal/rewind.ts'
import { countFates } from '../../src/journal/stretches.ts'
import type { Outcome } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const LANE = {
  ...PLACE,
  windowMessages: 8,
  quarantineMaxEntries: 5,
  quarantineMaxBytes: 700,
  quarantineRetentionMs: 1_000_000,
  onSaveFailed: () => {},
}
const OUTCOMES: readonly Outcome[] = [
  { kind: 'delivered' },
  { kind: 'skipped' },
  { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' },
  { kind: 'quarantined', code: 'ENTITY_REFUSED', detail: 'not that one' },
]
const REWIND_STEP = 3

type Step =
  | { readonly kind: 'store'; readonly count: number }
  | { readonly kind: 'settle' | 'settle replayed'; readonly outcome: number; readonly from: number }
  | { readonly kind: 'save' | 'crash' | 'replay' | 'close replay' }
  | { readonly kind: 'discard'; readonly outcome: number }
  | { readonly kind: 'rewind'; readonly to: number; readonly commits: number }

const only = <K extends string>(kind: K) => fc.record({ kind: fc.constant(kind) })
const settling = <K extends string>(kind: K) =>
  fc.record({ kind: fc.constant(kind), outcome: fc.nat(OUTCOMES.length - 1), from: fc.nat(7) })

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), count: fc.integer({ min: 1, max: 4 }) }),
  { weight: 3, arbitrary: settling('settle' as const) },
  { weight: 2, arbitrary: settling('settle replayed' as const) },
  { weight: 2, arbitrary: only('save' as const) },
  only('crash' as const),
  { weight: 2, arbitrary: only('replay' as const) },
  only('close replay' as const),
  fc.record({ kind: fc.constant('discard' as const), outcome: fc.integer({ min: 2, max: 3 }) }),
  fc.record({
    kind: fc.constant('rewind' as const),
    to: fc.nat(30),
    commits: fc.oneof(fc.nat(3), fc.constant(1_000)),
  }),
)

/** The real journal and lane on an engine in memory, beside the simplest account of what must have become of every message. */
class Run {
  #engine = new MemoryEngine()
  #journal: Journal | undefined
  #opened: Lane | undefined
  #open: LaneMessage[] = []
  #replay: Replay | undefined
  #replayed: LaneMessage[] = []
  #stored = 0
  /** Behind the last message that was taken of the lane that is open. */
  #end = 0
  /** All that a message may be: what it was settled as last. Out of the quarantine it may also expire, which is bounded. */
  readonly #account = new Map<number, Set<Term>>()

  async start(): Promise<void> {
    this.#opened = await Lane.open(this.#engine, LANE)
    const options = {
      maxBytes: 1_000_000,
      retentionMs: 0,
      onFull: 'reject' as const,
      lanes: [PLACE],
      isDiskFull: () => false,
    }
    this.#journal = await Journal.open(this.#engine, options, (_tenant, next) => this.#lane.announce(next))
    this.#open = []
    this.#end = 0
    this.#replay = undefined
    this.#replayed = []
  }

  async perform(step: Step): Promise<void> {
    if (step.kind === 'store') await this.#store(step.count)
    if (step.kind === 'settle') await this.#settle(step.from, OUTCOMES[step.outcome] ?? { kind: 'delivered' })
    if (step.kind === 'save') await this.#restart()
    if (step.kind === 'crash') await this.#crash()
    if (step.kind === 'replay') await this.#startReplay()
    if (step.kind === 'settle replayed') this.#settleReplayed(step.from, OUTCOMES[step.outcome])
    if (step.kind === 'close replay') await this.#replay?.close()
    if (step.kind === 'discard') await this.#discard(OUTCOMES[step.outcome])
    if (step.kind === 'rewind') await this.#rewind(step.to, step.commits)
    this.check()
    await this.#checkDisk()
  }

  /** Settles whatever is left, and closes. */
  async finish(): Promise<void> {
    while (this.#lane.getBalance().waiting > 0) await this.#settle(0, { kind: 'delivered' })
    await this.#replay?.close()
    await this.#lane.close()
    expect((await loadLane(this.#engine, 'kranj', 'main')).state.position).toBe(this.#stored)
    await this.#checkDisk()
  }

  check(): void {
    const { position: _position, received, ...terms } = this.#lane.getBalance()
    expect(received).toBe(this.#stored)
    expect(Object.values(terms).reduce((sum, term) => sum + term)).toBe(received)
    expect(Object.values(terms).every(term => term >= 0)).toBe(true)
  }

  /** What a process would find that starts now: the counts are those of the fates, and the quarantine is what they say. */
  async #checkDisk(): Promise<void> {
    const disk = this.#engine.copy()
    const { state, quarantine } = await loadLane(disk, 'kranj', 'main')
    const { reasons } = quarantine
    const entries = await listQuarantine(disk, { ...PLACE, limit: 1_000 })
    const fates = await readFates(disk, state.position)
    for (const term of TERMS) expect(fates.filter(fate => fate === term)).toHaveLength(state[term])
    const kept = fates.flatMap((fate, position) => (fate === 'quarantined' ? [position] : []))
    expect(entries.map(({ position }) => position)).toEqual(kept)
    expect(quarantine.bytes).toBe(entries.reduce((sum, { bytes }) => sum + bytes, 0))
    expect(quarantine.bytes).toBeLessThanOrEqual(LANE.quarantineMaxBytes)
    expect(state.quarantined).toBeLessThanOrEqual(LANE.quarantineMaxEntries)
    const codes = [...new Set(entries.map(({ code }) => code))]
    expect(Object.keys(reasons).sort()).toEqual(codes.sort())
    for (const code of codes) {
      expect(reasons[code]?.messages).toBe(entries.filter(entry => entry.code === code).length)
    }
    for (const [position, fate] of fates.entries()) {
      expect([...(this.#account.get(position) ?? [])]).toContain(fate)
    }
  }

  async #store(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const payload = Buffer.from(String(this.#stored + index))
      if (this.#journal !== undefined)
        expect(await append(this.#journal, createMessage({ payload }))).toBeUndefined()
    }
    this.#stored += count
  }

  async #settle(from: number, outcome: Outcome): Promise<void> {
    while (this.#mayTake()) {
      const taken = await this.#lane.take()
      this.#end = (taken.at(-1)?.position ?? 0) + 1
      this.#open.push(...taken)
    }
    const [item] = this.#open.splice(from % Math.max(1, this.#open.length), 1)
    if (item === undefined) return
    expect(item.message.payload.toString()).toBe(String(item.position))
    this.#note(item.position, outcome)
    this.#lane.settle(item, outcome)
  }

  /** Some are open at once, so that they are settled in any order, but no more than the lane gives without waiting. */
  #mayTake(): boolean {
    const { position } = this.#lane.getBalance()
    const end = Math.max(this.#end, position)
    return end < this.#stored && end - position < LANE.windowMessages / 2
  }

  /** What was noted before may still be on disk, until the next save. */
  #note(position: number, outcome: Outcome): void {
    const noted = this.#account.get(position) ?? new Set()
    noted.add(toTerm(outcome))
    if (outcome.kind === 'quarantined') noted.add('expired')
    this.#account.set(position, noted)
  }

  async #startReplay(): Promise<void> {
    if (this.#replayed.length > 0) return
    await this.#replay?.close()
    this.#replay = new Replay(this.#engine, this.#lane, { filter: {}, dryRun: false, onOutcome: () => {} })
    this.#replayed = [...(await this.#replay.take())]
  }

  #settleReplayed(from: number, outcome: Outcome = { kind: 'delivered' }): void {
    const [item] = this.#replayed.splice(from % Math.max(1, this.#replayed.length), 1)
    if (item === undefined) return
    expect(item.message.payload.toString()).toBe(String(item.position))
    this.#note(item.position, outcome)
    this.#replay?.settle(item, outcome)
  }

  async #discard(outcome: Outcome | undefined): Promise<void> {
    if (outcome?.kind !== 'quarantined') return
    const reason = outcome.code
    for (const noted of this.#account.values()) if (noted.has('quarantined')) noted.add('discarded')
    const before = this.#lane.getBalance().discarded
    const messages = await this.#lane.removeQuarantined({ reason }, 'discarded')
    expect(this.#lane.getBalance().discarded).toBe(before + messages)
  }

  /** The process may end after any of its commits. */
  async #rewind(message: number, commits: number): Promise<void> {
    await this.#replay?.close()
    await this.#lane.close()
    const [chunk] = await this.#engine.range('chunks', {
      ...{ within: ['kranj'], from: ['kranj', Math.min(message, this.#stored - 1)], limit: 1 },
    })
    const to = chunk?.value.readDoubleLE(9) ?? Date.now() + 1_000_000
    const { state } = await loadLane(this.#engine, 'kranj', 'main')
    const order = { ...PLACE, to, dryRun: false }
    const planned = await rewindLane(this.#engine, { ...order, dryRun: true }, REWIND_STEP)
    this.#engine.failAfter(commits)
    const rewound = await rewindLane(this.#engine, order, REWIND_STEP).catch(() => undefined)
    this.#engine = this.#engine.reopen()
    await this.start()
    if (rewound === undefined) return
    expect(rewound).toEqual(planned)
    expect(this.#lane.position).toBe(Math.min(state.position, rewound.position))
    expect(rewound.position).toBeLessThanOrEqual(Math.max(0, Math.min(message, state.position)))
    expect(this.#lane.getBalance().waiting).toBe(this.#stored - rewound.position)
  }

  /** A stop that saves: what was settled behind the cursor stays settled. */
  async #restart(): Promise<void> {
    await this.#replay?.close()
    await this.#lane.close()
    await this.start()
  }

  /** What the process held is gone; what was committed is there. */
  async #crash(): Promise<void> {
    const crashed = this.#lane
    this.#engine.fail(new Error('the process is gone'))
    this.#engine = this.#engine.reopen()
    await this.start()
    await crashed.close()
  }

  get #lane(): Lane {
    if (this.#opened === undefined) throw new Error('expected an open lane')
    return this.#opened
  }
}

async function readFates(engine: MemoryEngine, end: number): Promise<readonly Term[]> {
  const fates: Term[] = []
  for (let position = 0; position < end; position += 1) {
    const counts = await countFates(engine, PLACE, { from: position, to: position + 1 })
    fates.push(...counts.keys())
  }
  return fates
}

test('whatever is stored, settled, replayed, discarded, set back, saved or lost in a crash, every message is settled in the end and the balance always holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async steps => {
      const run = new Run()
      await run.start()
      for (const each of steps) await run.perform(each)
      await run.finish()
      run.check()
    }),
    { numRuns: 150 },
  )
})
