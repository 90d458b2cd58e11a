/** Topics that speak of one value: FIWARE's `/<apikey>/<device>/attrs/<name>`, Homie's `homie/5/<device>/<node>/<property>`. */

export type TopicNames = readonly [string, ...string[]]

export type GetTopicNames = (topic: string) => TopicNames | undefined

/** The name of the one value, outermost first, if the topic speaks of one: by the profile, or by a convention. */
export function compileTopicNames(pattern: string | undefined): GetTopicNames {
  if (pattern === undefined) return getTopicNames
  const wanted = pattern.split('/')
  return topic => {
    const levels = topic.split('/')
    const isMeant =
      levels.length === wanted.length && wanted.every((level, at) => fits(level, levels[at] ?? ''))
    if (!isMeant) return getTopicNames(topic)
    const [name, ...inner] = levels.filter((_, at) => isName(wanted[at] ?? ''))
    return name === undefined ? undefined : toSafe([name, ...inner])
  }
}

function fits(wanted: string, level: string): boolean {
  return wanted === '+' || wanted === level || (isName(wanted) && level !== '')
}

function isName(wanted: string): boolean {
  return wanted.startsWith('{')
}

/** By a convention. */
export function getTopicNames(topic: string): TopicNames | undefined {
  if (topic.endsWith('/')) return undefined
  const slash = topic.lastIndexOf('/')
  if (topic.endsWith('/attrs', slash)) return toSafe([topic.slice(slash + 1)])
  return topic.startsWith('homie/') ? getProperty(topic) : undefined
}

/** Values of one name, nested: two nodes of a Homie device may have properties of one name. */
export function nest([name, ...inner]: TopicNames, value: unknown): Readonly<Record<string, unknown>> {
  const [next, ...rest] = inner
  return { [name]: next === undefined ? value : nest([next, ...rest], value) }
}

/** Homie 5 has its version in the topic, 3 and 4 have not. */
const HOMIE_PROPERTY = /^homie\/(?:5\/)?[^/$]+\/([^/$]+)\/([^/$]+)$/

function getProperty(topic: string): TopicNames | undefined {
  const [, node, property] = HOMIE_PROPERTY.exec(topic) ?? []
  return node === undefined || property === undefined ? undefined : toSafe([node, property])
}

function toSafe(names: TopicNames): TopicNames | undefined {
  return names.includes('__proto__') ? undefined : names
}
