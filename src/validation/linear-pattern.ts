/**
 * The regular expressions of JSON Schemas, by the matcher that cannot run away: what a sensor sends is held against them, and a published
 * schema may well have one that takes exponential time. Beyond the BMP a character counts as two.
 */
import { ExpressionFault } from '../map/expression-bounds.ts'
import { findMatches } from '../map/pattern.ts'
import { parsePattern } from '../profiles/expression-pattern.ts'

interface LinearPattern {
  /** A text that is too long to be searched fits no pattern. */
  test(text: string): boolean
  /** By it ajv knows two that are the same. */
  toString(): string
}

function toLinearPattern(source: string): LinearPattern {
  const { pattern, problem } = parsePattern(source)
  if (pattern === undefined) throw new Error(`pattern ${JSON.stringify(source)}: expected ${problem}`)
  return {
    test: text => {
      try {
        return findMatches(pattern, text, false).length > 0
      } catch (error) {
        if (error instanceof ExpressionFault) return false
        throw error
      }
    },
    toString: () => source,
  }
}

/** For `code.regExp` of ajv. Throws for a pattern that cannot be matched in time that grows with the text, such as one that looks ahead. */
export const linearPatterns = Object.assign(toLinearPattern, { code: 'linearPattern' })
