/** What was turned away, in the log: a flood of the same does not fill the disk. The metric counts each. */
import type { Logger } from 'pino'
import type { ErrorCode } from '../errors.ts'

interface Entry {
  readonly code: ErrorCode
  readonly source: string
  /** Lines that were left out since the last one. */
  leftOut: number
}

/** Of one reason and one source there is one line in this time. */
const QUIET_MS = 10_000
/** With more sources than this, all others count as one. */
const SOURCES_MAX = 1_000

export class RefusalLog {
  readonly #log: Logger
  readonly #entries = new Map<string, Entry>()
  readonly #timer: NodeJS.Timeout

  constructor(log: Logger) {
    this.#log = log
    this.#timer = setInterval(() => this.#tell(), QUIET_MS).unref()
  }

  /** `source` is where it came from, such as an address; without one all of a reason come from one. */
  add(code: ErrorCode, detail: string, source = ''): void {
    const known = this.#entries.get(toKey(code, source))
    const entry = known ?? this.#entries.get(toKey(code, ''))
    if (known !== undefined || (entry !== undefined && this.#entries.size >= SOURCES_MAX)) {
      if (entry !== undefined) entry.leftOut += 1
      return
    }
    const kept = this.#entries.size < SOURCES_MAX ? source : ''
    this.#entries.set(toKey(code, kept), { code, source: kept, leftOut: 0 })
    this.#log.warn({ code, detail, msg: 'refused' })
  }

  close(): void {
    clearInterval(this.#timer)
    this.#tell()
  }

  /** Who went on is told of with a number; who did not may have a line at once the next time. */
  #tell(): void {
    for (const [key, entry] of this.#entries) {
      const { code, source, leftOut } = entry
      if (leftOut === 0) {
        this.#entries.delete(key)
        continue
      }
      entry.leftOut = 0
      const from = source === '' ? {} : { from: source }
      this.#log.warn({ code, ...from, times: leftOut, msg: 'refused again' })
    }
  }
}

function toKey(code: ErrorCode, source: string): string {
  return `${code} ${source}`
}
