/** The reference page of a document, from its JSON Schema: every key with its type, its default and its meaning. */

interface Node {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly enumDescriptions?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Node | boolean
  readonly items?: Node | readonly Node[]
  readonly anyOf?: readonly Node[]
  readonly allOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly definitions?: Readonly<Record<string, Node>>
}

/** A part of the page: an object with its keys, or a choice that is too long for a table. */
interface Section {
  readonly title: string
  readonly node: Node
}

/** An object of so few keys stands in the table of what it belongs to, as `bits.offset`. */
const INLINE_KEYS_MAX = 2
/** A choice of so few values stands in the table. */
const INLINE_VALUES_MAX = 8

/** Markdown. Sections follow in the order in which they are first named. */
export function toReferencePage(schema: Node, head: string, rootTitle: string): string {
  const sections: Section[] = [{ title: rootTitle, node: schema }]
  const write = new SectionWriter(schema.definitions ?? {}, sections)
  const parts: string[] = []
  // Writing a section finds others, which are appended meanwhile.
  for (const section of sections) parts.push(write.toMarkdown(section))
  return `${head}\n${parts.join('\n')}`
}

class SectionWriter {
  readonly #definitions: Readonly<Record<string, Node>>
  readonly #sections: Section[]

  constructor(definitions: Readonly<Record<string, Node>>, sections: Section[]) {
    this.#definitions = definitions
    this.#sections = sections
  }

  toMarkdown({ title, node }: Section): string {
    const body = node.enum === undefined ? this.#toKeys(node) : toValues(node)
    return `## ${title}\n\n${body}`
  }

  #toKeys(node: Node): string {
    const rows = this.#listRows(node, '')
    const others = this.#describeOthers(node)
    const choice = (node.oneOf ?? []).flatMap(({ required = [] }) => required.map(key => `\`${key}\``))
    return [
      ...(choice.length === 0 ? [] : [`Exactly one of ${choice.join(', ')}.\n`]),
      ...(rows.length === 0 ? [] : [toTable(['key', 'type', 'default', 'meaning'], rows)]),
      ...(others === undefined ? [] : [`${others}\n`]),
    ].join('\n')
  }

  #describeOthers({ additionalProperties, properties }: Node): string | undefined {
    if (typeof additionalProperties !== 'object') return undefined
    const type = this.#toType('', additionalProperties)
    return properties === undefined ? `By name: ${type}.` : `Every other key: ${type}.`
  }

  #listRows(node: Node, path: string): readonly (readonly string[])[] {
    return Object.entries(node.properties ?? {}).flatMap(([key, raw]) => {
      const property = getReference(raw) === undefined ? raw : {}
      const name = path + key
      const isInline = Object.keys(property.properties ?? {}).length <= INLINE_KEYS_MAX
      const isRequired = node.required?.includes(key) === true
      const row = [`\`${name}\``, this.#toType(key, raw), toDefault(raw, isRequired), raw.description ?? '']
      return isInline ? [row, ...this.#listRows(property, `${name}.`)] : [row]
    })
  }

  #toType(key: string, node: Node): string {
    const reference = getReference(node)
    if (reference !== undefined) return this.#toNamedType(reference)
    if (node.anyOf !== undefined) return toAlternatives(node.anyOf.map(branch => this.#toType(key, branch)))
    if (node.const !== undefined) return `\`${String(node.const)}\``
    if (node.enum !== undefined) {
      return node.enum.length <= INLINE_VALUES_MAX ? toCodes(node.enum) : this.#link(key, node)
    }
    if (node.type === 'array') return this.#toListType(key, node)
    if (node.type === 'object') return this.#toObjectType(key, node)
    return toScalarType(node)
  }

  #toNamedType(reference: string): string {
    const node = this.#definitions[reference] ?? {}
    // What zod names itself is JSON within JSON.
    return reference.startsWith('__') ? 'anything' : this.#link(reference, node)
  }

  #toListType(key: string, { items }: Node): string {
    if (Array.isArray(items)) return `[${items.map(item => this.#toType(key, item)).join(', ')}]`
    return `list of ${this.#toType(key, (items as Node | undefined) ?? {})}`
  }

  #toObjectType(key: string, node: Node): string {
    const keys = Object.keys(node.properties ?? {})
    if (keys.length > INLINE_KEYS_MAX) return this.#link(key, node)
    if (typeof node.additionalProperties !== 'object') return 'object'
    const named = `by name: ${this.#toType(key, node.additionalProperties)}`
    return keys.length === 0 ? named : `${named}, with ${toCodes(keys)}`
  }

  /** Two objects may have one name; the later one gets a number. */
  #link(name: string, node: Node, count = 1): string {
    const title = count === 1 ? name : `${name}-${count}`
    const present = this.#sections.find(section => section.title === title)
    if (present !== undefined && present.node !== node) return this.#link(name, node, count + 1)
    if (present === undefined) this.#sections.push({ title, node })
    return `[${title}](#${title.toLowerCase()})`
  }
}

/** A reference with a description of its own stands in a list of one, since draft 7 takes nothing beside it. */
function getReference({ $ref, allOf }: Node): string | undefined {
  const address = $ref ?? (allOf?.length === 1 ? allOf[0]?.$ref : undefined)
  return address?.replace('#/definitions/', '')
}

function toScalarType({ type, minimum, maximum }: Node): string {
  if (Array.isArray(type)) return toAlternatives(type.map(name => toScalarType({ type: name })))
  const range = minimum !== undefined && maximum !== undefined ? ` ${minimum} to ${maximum}` : ''
  return type === undefined ? 'anything' : `${type === 'string' ? 'text' : type}${range}`
}

function toAlternatives(types: readonly string[]): string {
  return [...new Set(types)].join(' or ')
}

function toDefault(node: Node, isRequired: boolean): string {
  if (isRequired) return 'required'
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``
}

function toCodes(values: readonly unknown[]): string {
  return values.map(value => `\`${String(value)}\``).join(', ')
}

function toValues({ enum: values = [], enumDescriptions }: Node): string {
  if (enumDescriptions === undefined) return `One of ${toCodes(values)}.\n`
  return toTable(
    ['value', 'meaning'],
    values.map((value, index) => [toCodes([value]), enumDescriptions[index] ?? '']),
  )
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return `${lines.map(cells => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n')}\n`
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}
