/** Devices of a JSON file as rows: our own export, lists of ChirpStack's API, files of The Things Stack with one object after the other. */
import { getMessage } from '../errors.ts'
import { type Column, describeUnread, type Field, toColumn } from './columns.ts'
import { FileProblem, type Row, type RowSource } from './row.ts'

/** Keys under which exports keep their list. */
const LISTS = ['devices', 'end_devices', 'result', 'items']
const DEPTH_MAX = 4

export function readJson(text: string): RowSource {
  const items = findItems(text)
  const headers = new Set<string>()
  function* readRows(): Generator<Row> {
    for (const [index, item] of items.entries()) {
      const line = index + 1
      if (isObject(item)) yield { line, cells: toCells(item, headers) }
      else yield { line, problem: `expected an object, got ${JSON.stringify(item)?.slice(0, 60)}` }
    }
  }
  return { rows: toAsync(readRows()), getWarnings: () => describeUnread(headers) }
}

async function* toAsync(rows: Iterable<Row>): AsyncGenerator<Row> {
  yield* rows
}

function findItems(text: string): readonly unknown[] {
  const values = parseValues(text)
  const [first] = values
  if (values.length > 1) return values
  if (Array.isArray(first)) return first
  if (!isObject(first)) throw new FileProblem('expected a list of devices, got something else')
  const list = LISTS.map(key => first[key]).find(Array.isArray)
  return list ?? [first]
}

/** One value, or several one after the other. */
function parseValues(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)]
  } catch (error) {
    const parts = splitObjects(text)
    if (parts.length < 2) throw new FileProblem(`expected JSON: ${getMessage(error)}`)
    return parts.map((part, index) => parsePart(part, index))
  }
}

function parsePart(part: string, index: number): unknown {
  try {
    return JSON.parse(part)
  } catch (error) {
    throw new FileProblem(`object ${index + 1}: expected JSON: ${getMessage(error)}`)
  }
}

/** Cuts between objects: where braces are even, outside of strings. */
function splitObjects(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') depth += 1
    if (token !== '}') continue
    depth -= 1
    if (depth > 0) continue
    parts.push(text.slice(start, index + 1))
    start = index + 1
  }
  const rest = text.slice(start).trim()
  return rest === '' ? parts : [...parts, rest]
}

function toCells(item: Readonly<Record<string, unknown>>, headers: Set<string>): ReadonlyMap<Field, unknown> {
  const cells = new Map<Field, unknown>()
  for (const [header, value] of flatten(item, '', DEPTH_MAX)) {
    headers.add(header)
    const column = toColumn(header)
    if (column.kind === 'field' && value !== '' && !cells.has(column.field)) cells.set(column.field, value)
  }
  return cells
}

/** `ids.dev_eui` of `{ ids: { dev_eui } }`; what is known as a whole stays one. */
function* flatten(
  item: Readonly<Record<string, unknown>>,
  above: string,
  depth: number,
): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(item)) {
    const header = above === '' ? key : `${above}.${key}`
    const column = toColumn(header)
    if (isObject(value) && depth > 0 && !isWhole(column)) yield* flatten(value, header, depth - 1)
    else yield [header, value]
  }
}

function isWhole(column: Column): boolean {
  return (
    column.kind === 'secret' ||
    (column.kind === 'field' && (column.field.startsWith('attributes') || column.field === 'tags'))
  )
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
