/** Whoever listens to messages as they are settled: traced once, and told to each who asked for them. Costs nothing when nobody does. */
import { matches, type SettledMessage, type TailFilter, type TailReport } from '../draining/tail.ts'
import type { MessageTracer } from './message-tracer.ts'
import type { TracedMessage } from './traced-message.ts'

/** A message that has been settled, or how many more there were than could be told. */
export type TailLine = TracedMessage | { readonly dropped: number }

export interface TailListener {
  readonly filter: TailFilter
  readonly hear: (line: TailLine) => void
}

type Tracer = Pick<MessageTracer, 'trace' | 'close'>

export interface TailHubOptions {
  /** A tracer that is used until nobody listens any more. */
  readonly openTracer: () => Tracer
  /** Which messages are wanted from now on. */
  readonly listen: (filters: readonly TailFilter[]) => Promise<void>
}

/** Reports that wait to be traced; each is of a tenth of a second. */
const WAITING_MAX = 10

export class TailHub {
  readonly #options: TailHubOptions
  readonly #listeners = new Set<TailListener>()
  #tracer: Tracer | undefined
  #waiting = 0
  #tracing: Promise<void> = Promise.resolve()

  constructor(options: TailHubOptions) {
    this.#options = options
  }

  /** Resolves when the listener hears all that is settled from then on; the answer ends that. */
  async add(listener: TailListener): Promise<() => Promise<void>> {
    this.#listeners.add(listener)
    await this.#listen()
    return async () => {
      this.#listeners.delete(listener)
      await this.#listen()
    }
  }

  /** What the draining thread tells. */
  hear({ settled, dropped }: TailReport): void {
    if (this.#listeners.size === 0) return
    if (this.#waiting >= WAITING_MAX) {
      this.#tellAll({ dropped: settled.length + dropped })
      return
    }
    this.#waiting += 1
    this.#tracing = this.#tracing
      .then(() => this.#tell(settled, dropped))
      .catch(() => this.#tellAll({ dropped: settled.length + dropped }))
      .finally(() => {
        this.#waiting -= 1
      })
  }

  async #tell(settled: readonly SettledMessage[], dropped: number): Promise<void> {
    for (const { destination, position, message } of settled) {
      if (this.#listeners.size === 0) return
      this.#tracer ??= this.#options.openTracer()
      const heard = { position, message: { ...message, payload: Buffer.from(message.payload) } }
      const [line] = await this.#tracer.trace(message.tenant, [heard], destination)
      for (const { filter, hear } of this.#listeners) {
        if (line !== undefined && matches(filter, message)) hear(line)
      }
    }
    if (dropped > 0) this.#tellAll({ dropped })
  }

  #tellAll(line: TailLine): void {
    for (const { hear } of this.#listeners) hear(line)
  }

  async #listen(): Promise<void> {
    await this.#options.listen([...this.#listeners].map(({ filter }) => filter))
    if (this.#listeners.size > 0) return
    const tracer = this.#tracer
    this.#tracer = undefined
    await tracer?.close()
  }
}
