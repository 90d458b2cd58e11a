/** One row of a file, be it a line of CSV or an object of JSON. */
import type { Field } from './columns.ts'

export type Row =
  | { readonly line: number; readonly cells: ReadonlyMap<Field, unknown>; readonly problem?: never }
  | { readonly line: number; readonly cells?: never; readonly problem: string }

/** What is read of a file: its rows, and what is to be told of it as a whole once they are read. */
export interface RowSource {
  readonly rows: AsyncIterable<Row>
  readonly getWarnings: () => readonly string[]
}

/** Nothing of the file can be used. */
export class FileProblem extends Error {}
