/** Whether records are as they were written: each by its own hash, and all by the chain. */
import { type AuditRecord, findBreak } from './audit-record.ts'

type Place = Pick<AuditRecord, 'number' | 'hash'>

export class ChainCheck {
  readonly #isWhole: boolean
  #last: Place = { number: 0, hash: '' }
  records = 0
  breaks = 0

  /** A part of the log, such as that of one tenant, has gaps: there only neighbours are held against each other. */
  constructor({ isWhole }: { readonly isWhole: boolean }) {
    this.#isWhole = isWhole
  }

  /** The last record that was taken. */
  get last(): Place {
    return this.#last
  }

  /** In the order of the log; answers what is wrong. */
  take(record: AuditRecord): string | undefined {
    const isNeighbour = this.#isWhole || record.number === this.#last.number + 1
    const fault = findBreak(record, isNeighbour ? this.#last : undefined)
    this.records += 1
    if (fault !== undefined) this.breaks += 1
    this.#last = { number: record.number, hash: record.hash }
    return fault
  }
}
