import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import type { Outcome } from '../../src/reading.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const LANE = {
  ...PLACE,
  windowMessages: 8,
  quarantineMaxEntries: 3,
  quarantineRetentionMs: 1_000_000,
  onSaveFailed: () => {},
}
const OUTCOMES: readonly Outcome[] = [
  { kind: 'delivered' },
  { kind: 'skipped' },
  { kind: 'quarantined', code: 'DECODE_FAILED', detail: 'no' },
]

type Step =
  | { readonly kind: 'store'; readonly count: number }
  | { readonly kind: 'settle'; readonly outcome: number; readonly from: number }
  | { readonly kind: 'save' }
  | { readonly kind: 'crash' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('settle' as const), outcome: fc.nat(2), from: fc.nat(7) }),
  fc.record({ kind: fc.constant('save' as const) }),
  fc.record({ kind: fc.constant('crash' as const) }),
)

/** The real journal and lane on an engine in memory, beside the simplest account of what must have become of every message. */
class Run {
  #engine = new MemoryEngine()
  #journal: Journal | undefined
  #lane: Lane | undefined
  #open: LaneMessage[] = []
  #stored = 0
  readonly settled = new Set<number>()

  async start(): Promise<void> {
    this.#lane = await Lane.open(this.#engine, LANE)
    const options = {
      maxBytes: 1_000_000,
      retentionMs: 0,
      onFull: 'reject' as const,
      lanes: [PLACE],
      isDiskFull: () => false,
    }
    this.#journal = await Journal.open(this.#engine, options, (_tenant, next) => this.#lane?.announce(next))
    this.#open = []
  }

  async perform(step: Step): Promise<void> {
    if (step.kind === 'store') await this.#store(step.count)
    if (step.kind === 'settle') await this.#settle(step.from, OUTCOMES[step.outcome] ?? { kind: 'delivered' })
    if (step.kind === 'save') await this.#restart()
    if (step.kind === 'crash') await this.#crash()
    this.check()
  }

  /** Settles whatever is left, and closes. */
  async finish(): Promise<void> {
    while (this.#getBalance().waiting > 0) await this.#settle(0, { kind: 'delivered' })
    expect(this.settled.size).toBe(this.#stored)
    await this.#lane?.close()
  }

  check(): void {
    const { position: _position, received, ...terms } = this.#getBalance()
    expect(received).toBe(this.#stored)
    expect(Object.values(terms).reduce((sum, term) => sum + term)).toBe(received)
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
    if (this.#open.length === 0 && this.#getBalance().waiting > 0)
      this.#open.push(...((await this.#lane?.take()) ?? []))
    const [item] = this.#open.splice(from % Math.max(1, this.#open.length), 1)
    if (item === undefined) return
    expect(item.message.payload.toString()).toBe(String(item.position))
    this.#lane?.settle(item, outcome)
    this.settled.add(item.position)
  }

  /** A stop that saves: what was settled behind the cursor stays settled. */
  async #restart(): Promise<void> {
    await this.#lane?.close()
    await this.start()
  }

  /** What the process held is gone; what was committed is there. */
  async #crash(): Promise<void> {
    const crashed = this.#lane
    this.#engine.fail(new Error('the process is gone'))
    this.#engine = this.#engine.reopen()
    await this.start()
    await crashed?.close()
  }

  #getBalance() {
    if (this.#lane === undefined) throw new Error('expected an open lane')
    return this.#lane.getBalance()
  }
}

test('whatever is stored, settled, saved or lost in a crash, every message is settled in the end and the balance always holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
      const run = new Run()
      await run.start()
      for (const each of steps) await run.perform(each)
      await run.finish()
      run.check()
    }),
    { numRuns: 60 },
  )
})
