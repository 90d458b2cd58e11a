/** What two versions of a profile make of the same messages, compared: each kind of difference counted, with a few examples. */
import { isDeepStrictEqual } from 'node:util'
import type { Entity } from '../reading.ts'
import type { Difference, DifferenceKind, Example, ShadowFindings } from './shadow-plan.ts'

/** What one version makes of a message. What was understood of a message that is refused is there too. */
export interface Made {
  readonly entities: readonly Entity[]
  readonly refusal?: { readonly code: string; readonly detail: string } | undefined
}

export type MessageName = Pick<Example, 'tenant' | 'device' | 'topic' | 'receivedAt'>

interface Found extends Pick<Difference, 'kind' | 'type' | 'attribute'> {
  readonly active?: unknown
  readonly shadow?: unknown
}

interface Counted extends Omit<Found, 'active' | 'shadow'> {
  count: number
  readonly examples: Example[]
}

/** A profile of many attributes has a few dozen of them. */
const KINDS_MAX = 200
const EXAMPLES_MAX = 5
const EXAMPLE_CHARS_MAX = 1_000

export class Differences {
  readonly #since: number
  readonly #counted: Map<string, Counted>
  #messages: number
  #same: number
  #others: number

  /** Counts on from what was found before; examples are found anew. */
  constructor({ since, messages, same, differences, others }: ShadowFindings) {
    this.#since = since
    this.#messages = messages
    this.#same = same
    this.#others = others
    this.#counted = new Map(differences.map(one => [toKey(one), { ...one, examples: [] }]))
  }

  compare(message: MessageName, active: Made, shadow: Made): void {
    const found = findDifferences(active, shadow)
    this.#messages += 1
    if (found.length === 0) this.#same += 1
    for (const one of found) this.#count(one, message)
  }

  get findings(): ShadowFindings {
    return {
      since: this.#since,
      messages: this.#messages,
      same: this.#same,
      differences: [...this.#counted.values()].sort((one, other) => other.count - one.count),
      others: this.#others,
    }
  }

  #count({ active, shadow, ...found }: Found, message: MessageName): void {
    const key = toKey(found)
    const counted = this.#counted.get(key) ?? { ...found, count: 0, examples: [] }
    if (counted.count === 0 && this.#counted.size >= KINDS_MAX) {
      this.#others += 1
      return
    }
    counted.count += 1
    this.#counted.set(key, counted)
    if (counted.examples.length < EXAMPLES_MAX)
      counted.examples.push({ ...message, ...show('active', active), ...show('shadow', shadow) })
  }
}

function toKey({ kind, type = '', attribute = '' }: Omit<Found, 'active' | 'shadow'>): string {
  return `${kind}\n${type}\n${attribute}`
}

function findDifferences(active: Made, shadow: Made): readonly Found[] {
  const refusals = compareRefusals(active, shadow)
  return [...refusals, ...compareEntities(active.entities, shadow.entities)]
}

function compareRefusals({ refusal: active }: Made, { refusal: shadow }: Made): readonly Found[] {
  if (isDeepStrictEqual(active, shadow)) return []
  const kind: DifferenceKind =
    active === undefined ? 'refused' : shadow === undefined ? 'accepted' : 'refusal'
  return [{ kind, active, shadow }]
}

function compareEntities(active: readonly Entity[], shadow: readonly Entity[]): readonly Found[] {
  const [before, after] = [group(active), group(shadow)]
  const missing = [...before].flatMap(([key, entities]) => compareLists(entities, after.get(key) ?? []))
  const added = [...after].flatMap(([key, entities]) => (before.has(key) ? [] : compareLists([], entities)))
  return [...missing, ...added]
}

/** A message may hold several readings, and so several states of one entity, in their order. */
function group(entities: readonly Entity[]): ReadonlyMap<string, readonly Entity[]> {
  const groups = new Map<string, Entity[]>()
  for (const entity of entities) {
    const key = `${entity.type}\n${entity.id}`
    groups.set(key, [...(groups.get(key) ?? []), entity])
  }
  return groups
}

function compareLists(active: readonly Entity[], shadow: readonly Entity[]): readonly Found[] {
  return Array.from({ length: Math.max(active.length, shadow.length) }).flatMap((_, at) =>
    compareEntity(active[at], shadow[at]),
  )
}

function compareEntity(active: Entity | undefined, shadow: Entity | undefined): readonly Found[] {
  if (shadow === undefined) return [{ kind: 'entityMissing', type: active?.type, active }]
  if (active === undefined) return [{ kind: 'entityAdded', type: shadow.type, shadow }]
  const names = new Set([...Object.keys(active), ...Object.keys(shadow)])
  return [...names].flatMap((attribute): readonly Found[] => {
    const [was, is] = [active[attribute], shadow[attribute]]
    if (isDeepStrictEqual(was, is)) return []
    const kind: DifferenceKind =
      is === undefined ? 'attributeMissing' : was === undefined ? 'attributeAdded' : 'attributeChanged'
    return [{ kind, type: active.type, attribute, active: was, shadow: is }]
  })
}

/** Whatever a payload says: an example is for people to read. */
function show(side: 'active' | 'shadow', value: unknown): Partial<Example> {
  if (value === undefined) return {}
  const text = JSON.stringify(value)
  return { [side]: text.length <= EXAMPLE_CHARS_MAX ? value : `${text.slice(0, EXAMPLE_CHARS_MAX)}…` }
}
