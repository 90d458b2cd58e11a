/** Which of very many topic filters select a topic (MQTT 3.1.1, 4.7): level by level, instead of one after the other. */

interface Node<T> {
  readonly levels: Map<string, Node<T>>
  /** By the key of whoever added it. */
  readonly values: Map<string, T>
}

export class FilterIndex<T> {
  readonly #root: Node<T> = createNode()

  /** One value for each filter and key; another one takes its place. */
  add(filter: string, key: string, value: T): void {
    let node = this.#root
    for (const level of filter.split('/')) {
      const known = node.levels.get(level)
      const next = known ?? createNode<T>()
      if (known === undefined) node.levels.set(level, next)
      node = next
    }
    node.values.set(key, value)
  }

  remove(filter: string, key: string): void {
    const levels = filter.split('/')
    const path = [this.#root]
    for (const level of levels) {
      const next = path.at(-1)?.levels.get(level)
      if (next === undefined) return
      path.push(next)
    }
    path.at(-1)?.values.delete(key)
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth]
      if (node === undefined || node.values.size > 0 || node.levels.size > 0) return
      path[depth - 1]?.levels.delete(levels[depth - 1] ?? '')
    }
  }

  /** Wildcards at the front do not reach topics that begin with $ (MQTT-4.7.2-1). */
  *match(topic: string): Generator<T> {
    const levels = topic.split('/')
    if (topic.startsWith('$')) {
      const next = this.#root.levels.get(levels[0] ?? '')
      if (next !== undefined) yield* matchFrom(next, levels, 1)
    } else yield* matchFrom(this.#root, levels, 0)
  }

  has(topic: string): boolean {
    return !this.match(topic).next().done
  }
}

function* matchFrom<T>(node: Node<T>, levels: readonly string[], depth: number): Generator<T> {
  const rest = node.levels.get('#')
  if (rest !== undefined) yield* rest.values.values()
  const level = levels[depth]
  if (level === undefined) {
    yield* node.values.values()
    return
  }
  for (const name of [level, '+']) {
    const next = node.levels.get(name)
    if (next !== undefined) yield* matchFrom(next, levels, depth + 1)
  }
}

function createNode<T>(): Node<T> {
  return { levels: new Map(), values: new Map() }
}
