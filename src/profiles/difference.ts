/** The first difference between two JSON values, in words that name the place. */
import { showValue } from '../document.ts'

/** Undefined when both are equal. */
export function findDifference(expected: unknown, got: unknown, path: string): string | undefined {
  if (!isContainer(expected) || !isContainer(got) || Array.isArray(expected) !== Array.isArray(got)) {
    return Object.is(expected, got)
      ? undefined
      : `${path}: expected ${showValue(expected)}, got ${showValue(got)}`
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const difference = findDifference(readOwn(expected, key), readOwn(got, key), `${path}.${key}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function readOwn(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}
