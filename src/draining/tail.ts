/** Messages told one by one as they are settled, while somebody listens. What is more than can be read is counted and not told. */
import type { Message, Outcome } from '../reading.ts'

/** Which messages to tell of; all where nothing is named. */
export interface TailFilter {
  readonly tenant?: string | undefined
  readonly device?: string | undefined
}

export interface SettledMessage {
  readonly destination: string
  readonly position: number
  readonly message: Omit<Message, 'payload'> & { readonly payload: Uint8Array }
  readonly outcome: Outcome
}

export interface TailReport {
  readonly settled: readonly SettledMessage[]
  /** Settled meanwhile, and not among these. */
  readonly dropped: number
}

/** People read fewer lines; a device of interest says far less. */
const LINES_MAX = 50
const INTERVAL_MS = 100

export class Tail {
  readonly #tell: (report: TailReport) => void
  #filters: readonly TailFilter[] = []
  #settled: SettledMessage[] = []
  #dropped = 0
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (report: TailReport) => void) {
    this.#tell = tell
  }

  /** In place of those before; with none nothing is told. */
  listen(filters: readonly TailFilter[]): void {
    this.#filters = filters
  }

  settle(destination: string, position: number, message: Message, outcome: Outcome): void {
    if (this.#filters.length === 0) return
    if (!this.#filters.some(filter => matches(filter, message))) return
    this.#timer ??= setTimeout(() => this.#flush(), INTERVAL_MS)
    if (this.#settled.length >= LINES_MAX) this.#dropped += 1
    // A view into a record of the journal: only its own bytes are to cross.
    else
      this.#settled.push({
        destination,
        position,
        outcome,
        message: { ...message, payload: Uint8Array.from(message.payload) },
      })
  }

  #flush(): void {
    const report = { settled: this.#settled, dropped: this.#dropped }
    this.#timer = undefined
    this.#settled = []
    this.#dropped = 0
    this.#tell(report)
  }
}

export function matches(
  { tenant, device }: TailFilter,
  message: Pick<Message, 'tenant' | 'device'>,
): boolean {
  return (tenant ?? message.tenant) === message.tenant && (device ?? message.device) === message.device
}
