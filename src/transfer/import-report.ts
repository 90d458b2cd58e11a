/** What an import has taken, and what not and why. */
import type { ListName } from './archive-format.ts'

/** `known`: it is there already, by an earlier import or as it is in the archive. */
interface TakenCounts {
  readonly taken: number
  readonly known: number
  readonly left: number
}

export interface ShownPassword {
  readonly kind: 'device' | 'credential'
  readonly id: string
  readonly password: string
}

export interface ImportReport {
  readonly dryRun: boolean
  readonly tenant: string
  /** Of the archive. */
  readonly id: string
  readonly exportedAt: string
  readonly counts: Readonly<Record<string, TakenCounts>>
  /** The first of them, and how many more. */
  readonly left: readonly { readonly what: string; readonly why: string }[]
  readonly more: number
  /** Shown here, and never again. */
  readonly passwords: readonly ShownPassword[]
}

export type Section = ListName | 'tenant' | 'destinations' | 'profiles'

const LEFT_TOLD = 1_000

export class ReportBook {
  readonly #counts = new Map<Section, { taken: number; known: number; left: number }>()
  readonly #left: { what: string; why: string }[] = []
  #more = 0
  readonly passwords: ShownPassword[] = []

  take(section: Section, messages = 1): void {
    this.#of(section).taken += messages
  }

  know(section: Section): void {
    this.#of(section).known += 1
  }

  leave(section: Section, what: string, why: string): void {
    this.#of(section).left += 1
    this.tell(what, why)
  }

  /** Something to do, though the thing itself was taken. */
  tell(what: string, why: string): void {
    if (this.#left.length < LEFT_TOLD) this.#left.push({ what, why })
    else this.#more += 1
  }

  toReport(head: Pick<ImportReport, 'dryRun' | 'tenant' | 'id' | 'exportedAt'>): ImportReport {
    const counts = Object.fromEntries(this.#counts)
    return { ...head, counts, left: this.#left, more: this.#more, passwords: this.passwords }
  }

  #of(section: Section) {
    const counts = this.#counts.get(section) ?? { taken: 0, known: 0, left: 0 }
    this.#counts.set(section, counts)
    return counts
  }
}
