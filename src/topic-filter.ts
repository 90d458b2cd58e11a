/** MQTT topic filters (MQTT 3.1.1, 4.7): what they match, and whether one allows all that another asks for. */

/** Whether a text is a filter: + and # only as whole levels, # only as the last one (MQTT-4.7.1-2, MQTT-4.7.1-3). */
export function isTopicFilter(text: string): boolean {
  const levels = text.split('/')
  return (
    text.length > 0 &&
    levels.every((level, index) =>
      level === '#' ? index === levels.length - 1 : level === '+' || !/[+#\0]/.test(level),
    )
  )
}

/** Whether a topic is one that the filter selects. Wildcards at the front do not reach topics that begin with $ (MQTT-4.7.2-1). */
export function matchesTopic(filter: string, topic: string): boolean {
  if (filter === topic) return true
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  return coversLevels(filter.split('/'), topic.split('/'))
}

/** Whether every topic that `asked` selects is selected by `allowed` too. */
export function coversFilter(allowed: string, asked: string): boolean {
  if (asked.startsWith('$') && !allowed.startsWith('$')) return false
  return coversLevels(allowed.split('/'), asked.split('/'))
}

/** `levels` may hold wildcards of its own: then only an equal or wider one of the filter covers them. */
function coversLevels(filter: readonly string[], levels: readonly string[]): boolean {
  for (const [index, part] of filter.entries()) {
    if (part === '#') return true
    const level = levels[index]
    if (level === undefined || level === '#') return false
    if (part !== '+' && part !== level) return false
  }
  return filter.length === levels.length
}
