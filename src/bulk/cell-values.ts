/** What people write into cells: decimal commas, DevEUIs with dashes, tags as `floor=2, side=north`. */
import { isObject } from './json-rows.ts'

/** A value, or what was expected in its place. */
export type CellValue<T> =
  | { readonly value: T; readonly expected?: never }
  | { readonly value?: never; readonly expected: string }

/** What a sheet makes of digits that it takes for a number. */
const AS_NUMBER = /^\d(?:[.,]\d+)?E\+\d+$/i
const NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/
/** As many as a number keeps. */
const DIGITS_MAX = 15
/** Thousands are told by the other sign. */
const GROUPED = /^[+-]?\d{1,3}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+)$/

export function readDevEui(cell: unknown): CellValue<string> {
  const digits = String(cell)
    .trim()
    .replace(/^0x/i, '')
    .replace(/[\s:.-]/g, '')
    .toLowerCase()
  if (/^[0-9a-f]{16}$/.test(digits)) return { value: digits }
  const why = AS_NUMBER.test(String(cell).trim())
    ? ' (the sheet took it for a number: make its cells text)'
    : ''
  return { expected: `16 hexadecimal digits${why}` }
}

export function readId(cell: unknown): CellValue<string> {
  const isText = typeof cell === 'string' || typeof cell === 'number'
  const text = String(cell).trim()
  if (isText && !AS_NUMBER.test(text)) return { value: text }
  return { expected: 'an id as text (make the cells of the sheet text)' }
}

export function readText(cell: unknown): CellValue<string> {
  const isText = typeof cell === 'string' || typeof cell === 'number'
  return isText ? { value: String(cell).trim() } : { expected: 'text' }
}

export function readNumber(cell: unknown): CellValue<number> {
  const number = typeof cell === 'number' ? cell : parseNumber(String(cell).replace(/[\s°]/g, ''))
  return number === undefined || !Number.isFinite(number) ? { expected: 'a number' } : { value: number }
}

/** `3794`, `epsg:3794` and the names of the grids. */
export function readGrid(cell: unknown): CellValue<string> {
  const name = String(cell)
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
  if (['3794', 'EPSG3794', 'D96', 'D96TM'].includes(name)) return { value: 'EPSG:3794' }
  if (['3912', 'EPSG3912', 'D48', 'D48GK'].includes(name)) return { value: 'EPSG:3912' }
  return { expected: 'EPSG:3794 (D96/TM) or EPSG:3912 (D48/GK)' }
}

/** `[longitude, latitude]`, as the provisioning file has it. */
export function readLocation(cell: unknown): CellValue<unknown> {
  const value = typeof cell === 'string' ? parseJson(cell) : cell
  if (Array.isArray(value) || isObject(value)) return { value }
  return {
    expected: '[longitude, latitude] (columns latitude and longitude are clearer; a text is attributes.NAME)',
  }
}

/** Pairs, or a JSON object of them. */
export function readTags(cell: unknown): CellValue<Readonly<Record<string, unknown>>> {
  const expected = 'pairs such as floor=2, side=north'
  const value = typeof cell === 'string' && cell.trim().startsWith('{') ? parseJson(cell) : cell
  if (isObject(value)) return { value }
  if (typeof value !== 'string') return { expected }
  const pairs = value.split(/[,;|]/).map(part => /^\s*([^=:]+?)\s*[=:]\s*(.*?)\s*$/.exec(part))
  if (pairs.includes(null)) return { expected }
  return { value: Object.fromEntries(pairs.map(pair => [pair?.[1] ?? '', readAttribute(pair?.[2])])) }
}

/** Numbers, lists and so on as such, anything else as text; text that looks like one of them stands in quotes. */
export function readAttribute(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell
  if (isNumber(cell)) return parseNumber(cell) ?? Number(cell)
  const value = /^(?:true$|false$|null$|["[{])/.test(cell) ? parseJson(cell) : undefined
  return value === undefined ? cell : value
}

/** The text of a cell that `readAttribute` makes the same value of; numbers with a decimal comma, as sheets here have them. */
export function writeAttribute(value: unknown): string {
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value !== 'string') return JSON.stringify(value) ?? ''
  const isPlain = readAttribute(value) === value && value.trim() === value && value !== ''
  return isPlain ? value : JSON.stringify(value)
}

export function writeNumber(value: number): string {
  const text = String(value)
  return NUMBER.test(text) ? text.replace('.', ',') : text
}

/** Numbers of many digits, or with zeros before them, are names of something; 24e124 is part of a DevEUI. */
function isNumber(text: string): boolean {
  if (NUMBER.test(text)) return !/^[+-]?0\d/.test(text) && text.replace(/\D/g, '').length <= DIGITS_MAX
  return String(Number(text)) === text && Number.isFinite(Number(text))
}

function parseNumber(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text.replace(',', '.'))
  if (!GROUPED.test(text)) return undefined
  const [decimal] = /[.,](?=\d+$)/.exec(text) ?? []
  return Number(text.replace(decimal === ',' ? /\./g : /,/g, '').replace(',', '.'))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
