/** Values as numbers, with arithmetic and range: number → divide → scale → offset → round → range. */
import type { SourceProfile } from '../profiles/attribute.ts'
import { parseNumber } from '../profiles/number.ts'
import { removeNoise, roundTo } from './decimal.ts'
import { Misfit } from './misfit.ts'
import { isExact } from './plain-value.ts'
import { parseQuantity } from './quantity.ts'
import { compileSource, type ReadScope, type Scope } from './scope.ts'

export type Convert = (value: unknown, scope: Scope) => unknown

type Operand = SourceProfile['scale']

export function compileNumber(attribute: SourceProfile): Convert {
  const calculate = compileArithmetic(attribute)
  const { round, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = attribute
  return (value, scope) => {
    const number = toNumber(value) ?? toQuantity(value)
    if (number === undefined) return new Misfit('a number', value)
    const calculated = calculate(number, scope)
    if (typeof calculated !== 'number') return calculated
    const result = round === undefined ? calculated : roundTo(calculated, round)
    if (!isExact(result)) return new Misfit('a number of at most 15 digits', result)
    return result >= min && result <= max ? result : new Misfit(`a number from ${min} to ${max}`, result)
  }
}

/** Finite or undefined: JSON's 1e999 is Infinity, and neither that nor NaN can be sent to a broker. */
function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' ? parseNumber(value) : undefined
}

function toQuantity(value: unknown): number | undefined {
  return typeof value === 'string' ? parseQuantity(value) : undefined
}

/** The result is undefined when a fact of the device that it needs is not known. */
function compileArithmetic({ divide, scale, offset }: SourceProfile): (n: number, scope: Scope) => unknown {
  if (divide === undefined && scale === undefined && offset === undefined) return number => number
  if (typeof divide !== 'string' && typeof scale !== 'string' && typeof offset !== 'string') {
    return compileConstants(divide ?? 1, scale ?? 1, offset ?? 0)
  }
  const readDivisor = compileOperand(divide, 1)
  const readFactor = compileOperand(scale, 1)
  const readOffset = compileOperand(offset, 0)
  return (number, scope) => {
    const divisor = readDivisor(scope)
    const factor = readFactor(scope)
    const summand = readOffset(scope)
    if (divisor === undefined || factor === undefined || summand === undefined) return undefined
    return calculate(number, Number(divisor), Number(factor), Number(summand))
  }
}

/** Most profiles calculate with numbers of their own, which nobody has to look up. */
function compileConstants(divisor: number, factor: number, summand: number): (n: number) => unknown {
  return number => calculate(number, divisor, factor, summand)
}

function calculate(number: number, divisor: number, factor: number, summand: number): number | Misfit {
  const result = (number / divisor) * factor + summand
  return Number.isFinite(result) ? removeNoise(result) : new Misfit('arithmetic with numbers', number)
}

function compileOperand(operand: Operand, neutral: number): ReadScope {
  if (typeof operand !== 'string') {
    const constant = operand ?? neutral
    return () => constant
  }
  const read = compileSource(operand, 0)
  return scope => {
    const value = read(scope)
    return value === undefined ? undefined : (toNumber(value) ?? Number.NaN)
  }
}
