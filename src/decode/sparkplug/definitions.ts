/** What a birth says of the metrics that follow it: their names by alias, and their types. Plain data, so that it can be stored. */
import type { RawMetric } from './payload.ts'

export interface DefinitionData {
  readonly name: string
  readonly alias?: string
  readonly type?: number
  /** Of a template. */
  readonly members?: readonly DefinitionData[]
}

export interface Definition extends Omit<DefinitionData, 'members'> {
  readonly members?: Definitions
}

export class Definitions {
  /** The same for the same definitions, so that a birth that says nothing new is told from one that does. */
  readonly text: string
  readonly data: readonly DefinitionData[]
  readonly #byName = new Map<string, Definition>()
  readonly #byAlias = new Map<string, Definition>()

  constructor(data: readonly DefinitionData[]) {
    this.data = data
    this.text = JSON.stringify(data)
    for (const { members, ...own } of data) {
      const definition = members === undefined ? own : { ...own, members: new Definitions(members) }
      this.#byName.set(own.name, definition)
      if (own.alias !== undefined) this.#byAlias.set(own.alias, definition)
    }
  }

  /** Of the birth that these metrics are. Metrics without a name define nothing. */
  static of(metrics: readonly RawMetric[]): Definitions {
    return new Definitions(toData(metrics))
  }

  find({ name, alias }: RawMetric): Definition | undefined {
    if (name !== undefined) return this.#byName.get(name)
    return alias === undefined ? undefined : this.#byAlias.get(alias)
  }
}

function toData(metrics: readonly RawMetric[]): readonly DefinitionData[] {
  return metrics.flatMap(({ name, alias, type, value }) => {
    if (name === undefined) return []
    const members = value !== undefined && 'template' in value ? toData(value.template.members) : undefined
    const given = { ...(alias !== undefined && { alias }), ...(type !== undefined && { type }) }
    return [{ name, ...given, ...(members !== undefined && { members }) }]
  })
}
