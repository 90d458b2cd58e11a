/** What the journal asks of a store: ordered keys, range scans, and commits that are atomic and durable. Every engine passes test/journal/engine-suite.ts. */

/** One table per kind of record, so that a scan of one never meets another. */
export const TABLES = [
  ...(['chunks', 'heads', 'lanes', 'stretches', 'quarantine', 'births', 'marks'] as const),
  'provision',
  'profiles',
  'access',
  'audit',
  'alarms',
  'heard',
  'ignored',
  'imports',
] as const
export type Table = (typeof TABLES)[number]

/** Compared part by part: strings by code point, numbers by value. */
export type Key = readonly (string | number)[]

/** A value to put, or, without one, a key to remove. */
export interface Change {
  readonly table: Table
  readonly key: Key
  readonly value?: Buffer
}

export interface Entry {
  readonly key: Key
  readonly value: Buffer
}

export interface Range {
  /** The first key, included. Backwards it is the last one, included. */
  readonly from: Key
  /** Only keys that begin with these parts. */
  readonly within: Key
  readonly limit: number
  readonly backwards?: boolean
}

/** Reads see every commit that had resolved before, on whichever thread it was made. */
export interface Engine {
  /** All changes or none. Resolves when they are as durable as the engine was opened to be; rejects when none was kept. */
  commit(changes: readonly Change[]): Promise<void>
  get(table: Table, key: Key): Promise<Buffer | undefined>
  /** Entries in key order. Their values stay as they are, whatever is read or written later. */
  range(table: Table, range: Range): Promise<readonly Entry[]>
  close(): Promise<void>
}
