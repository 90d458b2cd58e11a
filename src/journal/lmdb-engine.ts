/** The embedded engine: LMDB in one folder, opened by the main thread and by the draining thread alike. */
import { mkdirSync } from 'node:fs'
import { type Database, open, type RootDatabase } from 'lmdb'
import { getMessage, TromostError } from '../errors.ts'
import { getFreeBytes } from './disk.ts'
import { type Change, type Engine, type Entry, type Key, type Range, TABLES, type Table } from './engine.ts'
import { mendLmdbFile } from './lmdb-file.ts'

type LmdbKey = (string | number)[]

export interface LmdbOptions {
  readonly folder: string
  /** fsync: a commit resolves when it is flushed to disk. os: when it is written. */
  readonly durability: 'fsync' | 'os'
  /** What the records may take, those of the journal and those in quarantine. LMDB reserves address space for it, not disk. */
  readonly maxBytes: number
}

/**
 * Beside the records there are half-empty pages, free ones, and copies that readers still see: at worst a record takes two pages
 * for little more than one, and chunks of different sizes leave gaps. Address space costs nothing, and a full map would refuse
 * commits that our own bound allows.
 */
const MAP_FACTOR = 8
const MAP_BYTES_MIN = 256 * 1024 * 1024
/** Sorts after every string and number that can follow in a key. */
const AFTER_ALL = '\uffff'
/** What a commit may write beside its records: its tables, and the list of free pages. */
const COMMIT_BYTES = 4 * 1024 * 1024
/**
 * What LMDB says when it could not write a page: its text is longer than the memory that it takes for it (mdb_page_flush of lmdb 3.5).
 * After a page of its own head it gives up, and later commits never end.
 */
const BROKEN = /Attempting to write page|MDB_PANIC/

/** `onBroken` hears when it must not be used any more, with the reason; what was committed before is sound. */
export function openLmdbEngine(options: LmdbOptions, onBroken: (reason: string) => void = () => {}): Engine {
  try {
    mkdirSync(options.folder, { recursive: true, mode: 0o750 })
    mendLmdbFile(options.folder)
    const root = open<Buffer, LmdbKey>({
      path: options.folder,
      encoding: 'binary',
      keyEncoding: 'ordered-binary',
      mapSize: Math.max(MAP_BYTES_MIN, options.maxBytes * MAP_FACTOR),
      maxDbs: TABLES.length,
      // The promise of a write is to resolve after the flush, not after the commit that precedes it.
      overlappingSync: false,
      // Its own way to gather writes makes promises that nobody can catch when a commit fails.
      eventTurnBatching: false,
      noSync: options.durability === 'os',
    })
    return new LmdbEngine(root, options.folder, onBroken)
  } catch (error) {
    if (error instanceof TromostError) throw error
    throw new TromostError('DATA_DIR_UNUSABLE', `${options.folder}: ${getMessage(error)}`, { cause: error })
  }
}

class LmdbEngine implements Engine {
  readonly #root: RootDatabase<Buffer, LmdbKey>
  readonly #folder: string
  readonly #onBroken: (reason: string) => void
  readonly #tables: Readonly<Record<Table, Database<Buffer, LmdbKey>>>

  constructor(root: RootDatabase<Buffer, LmdbKey>, folder: string, onBroken: (reason: string) => void) {
    this.#root = root
    this.#folder = folder
    this.#onBroken = onBroken
    const openTable = (name: Table) => root.openDB<Buffer, LmdbKey>(name, { encoding: 'binary' })
    this.#tables = {
      chunks: openTable('chunks'),
      heads: openTable('heads'),
      lanes: openTable('lanes'),
      stretches: openTable('stretches'),
      quarantine: openTable('quarantine'),
      births: openTable('births'),
      marks: openTable('marks'),
      provision: openTable('provision'),
      profiles: openTable('profiles'),
      access: openTable('access'),
      audit: openTable('audit'),
      alarms: openTable('alarms'),
      heard: openTable('heard'),
      ignored: openTable('ignored'),
      imports: openTable('imports'),
    }
  }

  async commit(changes: readonly Change[]): Promise<void> {
    this.#expectRoom(changes)
    try {
      await this.#root.batch(() => {
        for (const change of changes) this.#write(change)
      })
    } catch (error) {
      this.#expectUsable(error)
      const cause = await getCause(error)
      this.#expectUsable(cause)
      throw cause
    }
  }

  /** LMDB is not to meet a full disk: a write that fails may be its last. */
  #expectRoom(changes: readonly Change[]): void {
    const needed = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), COMMIT_BYTES)
    const free = getFreeBytes(this.#folder)
    if (free < needed) {
      const detail = `expected ${needed} bytes free on the disk of the journal, got ${free}`
      throw new TromostError('DISK_FULL', detail)
    }
  }

  #expectUsable(error: unknown): void {
    const faults = [getMessage(error), this.#findFault()]
    const fault = faults.find(text => BROKEN.test(text))
    if (fault !== undefined) this.#onBroken(`JOURNAL_FAILED: the journal has to be opened anew: ${fault}`)
  }

  /** What is wrong with the next read. */
  #findFault(): string {
    try {
      this.#root.resetReadTxn()
      this.#tables.heads.getBinary([''])
      return ''
    } catch (error) {
      return getMessage(error)
    }
  }

  /** Within a batch the promise of a single write says nothing: they succeed or fail together. */
  #write({ table, key, value }: Change): void {
    if (value === undefined) void this.#tables[table].remove([...key])
    else void this.#tables[table].put([...key], value)
  }

  async get(table: Table, key: Key): Promise<Buffer | undefined> {
    this.#root.resetReadTxn()
    return this.#tables[table].getBinary([...key])
  }

  async range(table: Table, { from, within, limit, backwards = false }: Range): Promise<readonly Entry[]> {
    // A read transaction that is still open would show the store as it was before the latest commits of the other thread.
    this.#root.resetReadTxn()
    const entries = this.#tables[table].getRange(
      backwards
        ? { start: [...from], end: [...within], reverse: true, limit }
        : { start: [...from], end: [...within, AFTER_ALL], limit },
    )
    // Its own way to make an array (asArray) keeps each record for so long that only a full collection frees it.
    return Array.from(entries, ({ key, value }) => ({ key, value }))
  }

  async close(): Promise<void> {
    await this.#root.close()
  }
}

/** What went wrong with a commit is in a second promise, which ends the process unless somebody looks at it. */
async function getCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  return Promise.resolve(error.commitError).then(
    () => error,
    (cause: unknown) => cause,
  )
}
