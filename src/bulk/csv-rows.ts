/** Lines of CSV as rows: whichever of semicolon, comma or tab it uses, in slices, so that nothing waits while a large file is read. */
import { Readable } from 'node:stream'
import { setImmediate as breathe } from 'node:timers/promises'
import { CsvError, type Info, parse } from 'csv-parse'
import { getMessage } from '../errors.ts'
import { type Column, describeUnread, type Field, toColumn } from './columns.ts'
import { FileProblem, type Row, type RowSource } from './row.ts'

/** Some fifty rows: PUBACKs wait while they are parsed. */
const SLICE_CHARS = 2 * 1024
/** A row longer than this is a quote that was opened and never closed. */
const RECORD_CHARS_MAX = 128 * 1024
const DELIMITERS = [';', ',', '\t'] as const
const EXCERPT_CHARS = 60

interface Parsed {
  readonly info: Pick<Info, 'lines'>
  readonly record: readonly string[]
}

export function readCsv(text: string): RowSource {
  let headers: readonly string[] = []
  async function* readRows(): AsyncGenerator<Row> {
    let columns: readonly Column[] | undefined
    let last = 0
    const { body, delimiter, skipped } = findDelimiter(text)
    try {
      for await (const { record, info } of parseRecords(body, delimiter)) {
        const line = info.lines + skipped
        const start = line - record.join('').split('\n').length + 1
        last = line
        if (columns !== undefined) yield toRow(start, record, columns)
        else {
          columns = readHeader(record)
          headers = record
        }
      }
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      yield { line: last + 1, problem: describe(error) }
    }
    if (columns === undefined) throw new FileProblem('expected a header and a row for each device, got none')
  }
  return { rows: readRows(), getWarnings: () => describeUnread(headers) }
}

async function* parseRecords(text: string, delimiter: string): AsyncGenerator<Parsed> {
  const parser = parse({
    delimiter,
    info: true,
    bom: true,
    trim: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: RECORD_CHARS_MAX,
  })
  const slices = Readable.from(cutInSlices(text))
  slices.on('error', error => parser.destroy(error))
  slices.pipe(parser)
  try {
    for await (const parsed of parser) yield parsed as Parsed
  } finally {
    slices.destroy()
  }
}

async function* cutInSlices(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += SLICE_CHARS) {
    yield text.slice(at, at + SLICE_CHARS)
    await breathe()
  }
}

/** The sign that the header has most of. Excel may name it in a line of its own before the header. */
function findDelimiter(text: string): {
  readonly body: string
  readonly delimiter: string
  readonly skipped: number
} {
  const [named, sign] = /^\uFEFF?"?sep=(.)"?\r?\n/.exec(text) ?? []
  if (named !== undefined && sign !== undefined)
    return { body: text.slice(named.length), delimiter: sign, skipped: 1 }
  const [header = ''] = /[^\r\n]+/.exec(text) ?? []
  const unquoted = header.replace(/"[^"]*"/g, '')
  const count = (delimiter: string) => unquoted.split(delimiter).length
  const delimiter = DELIMITERS.reduce((best, other) => (count(other) > count(best) ? other : best))
  return { body: text, delimiter, skipped: 0 }
}

function readHeader(record: readonly string[]): readonly Column[] {
  const columns = record.map(toColumn)
  const isNamed = columns.some(column => column.kind === 'field' && isIdentity(column.field))
  if (isNamed) return columns
  const got = record.join(', ').slice(0, EXCERPT_CHARS)
  throw new FileProblem(`line 1: expected a header with a column id or dev_eui, got ${JSON.stringify(got)}`)
}

function isIdentity(field: Field): boolean {
  return field === 'id' || field === 'devEui'
}

function toRow(line: number, record: readonly string[], columns: readonly Column[]): Row {
  const isMore = record.slice(columns.length).some(cell => cell !== '')
  if (isMore) {
    const problem = `expected at most ${columns.length} cells, as the header has, got ${record.length}: put text with the delimiter into quotes`
    return { line, problem }
  }
  const cells = new Map<Field, unknown>()
  for (const [at, column] of columns.entries()) {
    const cell = record[at]
    if (column.kind !== 'field' || cell === undefined || cell === '' || cells.has(column.field)) continue
    const text = unwrapCell(cell)
    if (text.startsWith('=') && text === cell) {
      const problem = `expected a value, got the formula ${JSON.stringify(cell.slice(0, EXCERPT_CHARS))}: put its result in its place`
      return { line, problem }
    }
    cells.set(column.field, text)
  }
  return { line, cells }
}

/** ="0012" is how sheets keep digits as they are; an apostrophe before a sign of formulas is how exports keep text from being one. */
function unwrapCell(cell: string): string {
  const [, kept] = /^="([^"]*)"$/.exec(cell) ?? []
  if (kept !== undefined) return kept
  return /^'+[=+\-@]/.test(cell) ? cell.slice(1) : cell
}

function describe(error: CsvError): string {
  const isOpen = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE'
  return isOpen
    ? 'expected a quote for each that was opened; nothing behind this one was read'
    : `expected a row of CSV, got one that cannot be read: ${getMessage(error)}`
}
