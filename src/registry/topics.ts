/** Which device a topic names: the tenant's own routes first, then the conventions that need no configuration. */

export interface TopicNames {
  readonly device: string
  /** FIWARE's key of a group of devices, where the topic carries one. */
  readonly apikey?: string
  /** The profile that a route gives to its devices. */
  readonly profile?: string
}

export interface TopicRoute {
  readonly topic: string
  readonly profile?: string | undefined
}

/**
 * {device} and {apikey} name a level, + is any level, # any rest. Sources: FIWARE IoT agent for JSON and for Ultralight
 * (user manuals), ChirpStack v4 and The Things Stack v3 MQTT integrations, zigbee2mqtt, Tasmota, Shelly Gen2 documentation, Sparkplug 3.0.
 */
const CONVENTIONS: readonly TopicRoute[] = [
  // First, since the others would take a group that is named like one of their levels.
  ...['NBIRTH', 'NDATA', 'NDEATH'].map(kind => ({ topic: `spBv1.0/+/${kind}/{device}` })),
  ...['DBIRTH', 'DDATA', 'DDEATH'].map(kind => ({ topic: `spBv1.0/+/${kind}/+/{device}` })),
  { topic: 'tromost/{device}/up' },
  { topic: 'application/+/device/{device}/event/up' },
  { topic: 'v3/+/devices/{device}/up' },
  { topic: 'zigbee2mqtt/{device}' },
  { topic: 'tele/{device}/SENSOR' },
  ...['/json/', '/ul/', 'json/', 'ul/', '/', ''].flatMap(prefix => [
    { topic: `${prefix}{apikey}/{device}/attrs` },
    { topic: `${prefix}{apikey}/{device}/attrs/+` },
  ]),
  { topic: '{device}/events/rpc' },
  { topic: '{device}/status/#' },
]

type TopicPattern = (levels: readonly string[]) => TopicNames | undefined

export class TopicTable {
  readonly #patterns: readonly TopicPattern[]

  constructor(routes: readonly TopicRoute[]) {
    this.#patterns = [...routes, ...CONVENTIONS].map(createPattern)
  }

  /** What a topic names, or nothing when no route and no convention fits it. */
  find(topic: string): TopicNames | undefined {
    const levels = topic.split('/')
    for (const pattern of this.#patterns) {
      const names = pattern(levels)
      if (names !== undefined) return names
    }
    return undefined
  }
}

function createPattern({ topic, profile }: TopicRoute): TopicPattern {
  const parts = topic.split('/')
  const isOpen = parts.at(-1) === '#'
  const fixed = isOpen ? parts.slice(0, -1) : parts
  const deviceAt = fixed.indexOf('{device}')
  const apikeyAt = fixed.indexOf('{apikey}')
  const literals = fixed
    .map((part, index) => ({ part, index }))
    .filter(({ part }) => part !== '+' && part !== '{device}' && part !== '{apikey}')
  return levels => {
    if (isOpen ? levels.length <= fixed.length : levels.length !== fixed.length) return undefined
    if (!literals.every(({ part, index }) => levels[index] === part)) return undefined
    const device = levels[deviceAt]
    const apikey = levels[apikeyAt]
    if (!device || apikey === '') return undefined
    return { device, ...(apikey !== undefined && { apikey }), ...(profile !== undefined && { profile }) }
  }
}
