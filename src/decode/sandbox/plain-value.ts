/** Reads what a codec gave as JSON, within bounds: nothing that leaves the sandbox is trusted to be small or harmless. */
import type { Answer } from './answer.ts'
import type { CodecLimits } from './codec.ts'

export function parsePlainValue(text: string, limits: CodecLimits): Answer {
  const data: unknown = JSON.parse(text)
  const limit = new Census(limits).take(data, 1)
  return limit === undefined ? { data } : { limit }
}

/** Counts values, and strips the one name that would do harm where the data is merged into another object. */
class Census {
  readonly #limits: CodecLimits
  #values = 0

  constructor(limits: CodecLimits) {
    this.#limits = limits
  }

  take(value: unknown, depth: number): 'depth' | 'values' | undefined {
    this.#values += 1
    if (this.#values > this.#limits.valuesMax) return 'values'
    if (typeof value !== 'object' || value === null) return undefined
    if (depth > this.#limits.depthMax) return 'depth'
    if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
    for (const member of Object.values(value)) {
      const limit = this.take(member, depth + 1)
      if (limit !== undefined) return limit
    }
    return undefined
  }
}
