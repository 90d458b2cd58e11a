/** What the bits of a metric mean, by its datatype (Sparkplug 3.0, 6.4.16). */
import { parseArray } from './array.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { RawDataSet, RawMetric, RawTemplate, RawValue } from './payload.ts'
import { SparkplugFault } from './wire.ts'

const INT_BITS: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32 }
const INT64 = 4
const BOOLEAN = 11
const DATE_TIME = 13
const TWO_TO_32 = 2 ** 32
const TWO_TO_64 = 2 ** 64
/** Quality codes: 0 is bad, 500 is stale, and only 192 is good. */
const GOOD = 192
/** What a Date can hold. */
const DATE_MS_MAX = 8.64e15

/** The value of a metric; null where it has none, or none that the edge node vouches for. */
export function toValue(metric: RawMetric, definition?: Definition): unknown {
  const { value, isNull, quality = GOOD } = metric
  if (value === undefined || isNull || quality !== GOOD) return null
  return toTyped(value, metric.type ?? definition?.type, definition?.members)
}

/** Whether a value can be told without the birth: integers need a type, since negative ones are sent unsigned. */
export function isTyped({ value, isNull, type }: RawMetric): boolean {
  if (value === undefined || isNull || type !== undefined) return true
  if ('template' in value) return value.template.members.every(isTyped)
  return !('integer' in value) && !('bytes' in value)
}

function toTyped(value: RawValue, type = 0, members?: Definitions): unknown {
  if ('integer' in value) return toInteger(value.integer, type)
  if ('bytes' in value) return parseArray(type, value.bytes) ?? value.bytes.toString('hex')
  if ('dataSet' in value) return toRows(value.dataSet)
  if ('template' in value) return toObject(value.template, members)
  return value.plain
}

function toInteger(integer: number, type: number): unknown {
  const bits = INT_BITS[type]
  if (bits !== undefined) return toSigned(integer, bits)
  if (type === INT64) return integer
  const unsigned = integer < 0 ? integer + TWO_TO_64 : integer
  if (type === BOOLEAN) return unsigned !== 0
  if (type === DATE_TIME && unsigned <= DATE_MS_MAX) return new Date(unsigned).toISOString()
  return unsigned
}

/** Encoders send -5 in 8 bits as 251, or in the 32 bits of the field, or even in 64. */
function toSigned(integer: number, bits: number): number {
  const range = 2 ** bits
  const half = range / 2
  const wrapped = [range, TWO_TO_32].find(turn => integer >= turn - half && integer < turn)
  const signed = integer - (wrapped ?? 0)
  if (signed < -half || signed >= half) throw new SparkplugFault(`integers of ${bits} bits`)
  return signed
}

/** A table becomes a list of rows, each an object by column. */
function toRows({ columns, types, rows }: RawDataSet): readonly object[] {
  return rows.map(row =>
    Object.fromEntries(
      row.map((cell, index) => [
        columns[index] ?? '',
        cell === undefined ? null : toTyped(cell, types[index]),
      ]),
    ),
  )
}

/** A template becomes an object of its parameters and members. A definition announces a type and is no value. */
function toObject({ isDefinition, members, parameters }: RawTemplate, definitions?: Definitions): unknown {
  if (isDefinition) return null
  return Object.fromEntries(
    [...parameters, ...members].map(metric => {
      const definition = definitions?.find(metric)
      const name = metric.name ?? definition?.name
      if (name === undefined) throw new SparkplugFault('a name for each member of a template')
      return [name, toValue(metric, definition)]
    }),
  )
}
