/** What keeps the results of expressions small, whatever is piped into what. */

/** An expression that cannot be evaluated on these values; the message is what was expected. Whoever evaluates turns it into a misfit. */
export class ExpressionFault extends Error {
  readonly got: unknown

  constructor(expectation: string, got: unknown) {
    super(expectation)
    this.got = got
  }
}

/** No attribute of a sensor is longer, and brokers refuse entities that are. */
export const TEXT_CHARS_MAX = 65_536
const ITEMS_MAX = 4096
const DEPTH_MAX = 32

export function boundText(text: string): string {
  if (text.length <= TEXT_CHARS_MAX) return text
  throw new ExpressionFault(`text of at most ${TEXT_CHARS_MAX} characters`, text.length)
}

export function boundList(list: readonly unknown[]): readonly unknown[] {
  if (list.length <= ITEMS_MAX) return list
  throw new ExpressionFault(`a list of at most ${ITEMS_MAX} items`, list.length)
}

/** A value with all that is in it. It answers the value, or throws where that is too large or too deep. */
export function boundValue(value: unknown): unknown {
  spend(value, TEXT_CHARS_MAX, 0)
  return value
}

/** As JavaScript writes values when it needs text, but without asking the value how. */
export function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return listToText(boundValue(value))
}

/** Operators look at objects as text and at everything else as it is. */
export function toPrimitive(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? toText(value) : value
}

export function toNumber(value: unknown): number {
  return Number(toPrimitive(value))
}

function listToText(value: unknown): string {
  if (Array.isArray(value)) return value.map(listToText).join(',')
  return typeof value === 'object' && value !== null ? '[object Object]' : String(value ?? '')
}

/** Answers what is left of the budget, in characters; each item costs one. */
function spend(value: unknown, budget: number, depth: number): number {
  let left = budget - (typeof value === 'string' ? value.length : 1)
  if (typeof value === 'object' && value !== null) {
    if (depth >= DEPTH_MAX)
      throw new ExpressionFault(`a value of at most ${DEPTH_MAX} levels`, 'a deeper one')
    for (const [key, item] of Object.entries(value)) left = spend(item, left - key.length, depth + 1)
  }
  if (left < 0) throw new ExpressionFault(`a value of at most ${TEXT_CHARS_MAX} characters`, 'a larger one')
  return left
}
