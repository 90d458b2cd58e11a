/** An engine in memory whose flush can be held back or made to fail, and whose process can "crash": for tests of the journal only. */
import {
  type Change,
  type Engine,
  type Entry,
  type Key,
  type Range,
  TABLES,
  type Table,
} from '../../src/journal/engine.ts'

type Tables = Readonly<Record<Table, Map<string, Entry>>>

export class MemoryEngine implements Engine {
  readonly #tables: Tables
  #gate: Promise<void> | undefined
  #open: (() => void) | undefined
  #failure: Error | undefined
  #commitsLeft = Number.POSITIVE_INFINITY
  commits = 0

  constructor(tables: Tables = createTables()) {
    this.#tables = tables
  }

  /** From now on commits wait, until `release`. */
  hold(): void {
    this.#gate = new Promise(resolve => {
      this.#open = resolve
    })
  }

  release(): void {
    this.#open?.()
    this.#gate = undefined
  }

  /** From now on commits fail, until called without an error. */
  fail(failure?: Error): void {
    this.#failure = failure
  }

  /** So many commits more succeed. */
  failAfter(commits: number): void {
    this.#commitsLeft = commits
  }

  /** What a process finds that starts again: all that was committed, nothing that was not. */
  reopen(): MemoryEngine {
    return new MemoryEngine(this.#tables)
  }

  /** What is committed now, and stays so whatever comes. */
  copy(): MemoryEngine {
    const tables = TABLES.map(table => [table, new Map(this.#tables[table])])
    return new MemoryEngine(Object.fromEntries(tables))
  }

  async commit(changes: readonly Change[]): Promise<void> {
    await this.#gate
    await Promise.resolve()
    if (this.#failure !== undefined) throw this.#failure
    if (this.#commitsLeft <= 0) throw new Error('the process is gone')
    this.#commitsLeft -= 1
    this.commits += 1
    for (const { table, key, value } of changes) {
      if (value === undefined) this.#tables[table].delete(toId(key))
      else this.#tables[table].set(toId(key), { key, value: Buffer.from(value) })
    }
  }

  async get(table: Table, key: Key): Promise<Buffer | undefined> {
    return this.#tables[table].get(toId(key))?.value
  }

  async range(table: Table, { from, within, limit, backwards = false }: Range): Promise<readonly Entry[]> {
    const entries = [...this.#tables[table].values()]
      .filter(({ key }) => within.every((part, index) => key[index] === part))
      .filter(({ key }) => (backwards ? compareKeys(key, from) <= 0 : compareKeys(key, from) >= 0))
      .sort((a, b) => compareKeys(a.key, b.key))
    return (backwards ? entries.reverse() : entries).slice(0, limit)
  }

  async close(): Promise<void> {}

  /** Changes stored bytes behind the journal's back, as a bad disk does. */
  corrupt(table: Table, key: Key, change: (value: Buffer) => Buffer): void {
    const entry = this.#tables[table].get(toId(key))
    if (entry === undefined) throw new Error(`expected an entry ${toId(key)}`)
    this.#tables[table].set(toId(key), { key, value: change(Buffer.from(entry.value)) })
  }
}

function createTables(): Tables {
  return Object.fromEntries(TABLES.map(table => [table, new Map()])) as unknown as Tables
}

function toId(key: Key): string {
  return JSON.stringify(key)
}

function compareKeys(a: Key, b: Key): number {
  for (const [index, part] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    if (part !== other) return comparePart(part, other)
  }
  return a.length - b.length
}

/** Numbers before strings, as ordered keys have it. */
function comparePart(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1
  return a < b ? -1 : 1
}
