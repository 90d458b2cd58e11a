/** Fields of bytes, compiled: one after the other, or each at its place. */
import { type Field, type Fields, getItemBytes } from '../profiles/formats-fields.ts'
import { compileArithmetic } from './arithmetic.ts'
import { compileNumberReader, compileTextReader, type ReadBytes } from './readers.ts'

export interface CompiledFields {
  /** How many bytes the fields need. */
  readonly bytes: number
  /** Puts the values of the bytes from `start` on in their places. The bytes must be there. */
  readonly read: (bytes: Buffer, start: number, values: Record<string, unknown>) => void
}

export function compileFields(fields: Fields): CompiledFields {
  const places: { readonly name: string; readonly at: number; readonly read: ReadBytes }[] = []
  let end = 0
  let bytes = 0
  for (const [name, written] of Object.entries(fields)) {
    const field: Field = typeof written === 'string' ? { read: written } : written
    const at = field.at ?? end
    end = at + getItemBytes(field) * (field.count ?? 1)
    bytes = Math.max(bytes, end)
    places.push({ name, at, read: compileField(field) })
  }
  return {
    bytes,
    read: (payload, start, values) => {
      for (const { name, at, read } of places) values[name] = read(payload, start + at)
    },
  }
}

function compileField(field: Field): ReadBytes {
  const { count } = field
  const read = compileItem(field)
  if (count === undefined) return read
  const itemBytes = getItemBytes(field)
  return (bytes, at) => Array.from({ length: count }, (_, index) => read(bytes, at + index * itemBytes))
}

function compileItem(field: Field): ReadBytes {
  const readNumber = compileNumberReader(field)
  if (readNumber === undefined) return compileTextReader(field)
  const calculate = compileArithmetic(field)
  return calculate === undefined ? readNumber : (bytes, at) => calculate(readNumber(bytes, at))
}
