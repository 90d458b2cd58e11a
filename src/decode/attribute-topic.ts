/** FIWARE's topics for one attribute, `/<apikey>/<device>/attrs/<name>`. */

/** The name of the one attribute that the topic speaks of, if it does. */
export function getAttributeName(topic: string): string | undefined {
  const slash = topic.lastIndexOf('/')
  if (slash < 0 || !topic.endsWith('/attrs', slash)) return undefined
  const name = topic.slice(slash + 1)
  return name === '' || name === '__proto__' ? undefined : name
}
