/** The brokers that can be told apart: what they say of themselves, what they take, and which dialects are for them. */
import type { DestinationConfig } from '../config/config.ts'

interface BrokerKind {
  readonly name: string
  readonly dialects: readonly DestinationConfig['dialect'][]
  /** Entities and bytes of one request, as it is started by default; absent where it has no bound, or none is known. */
  readonly maxEntities?: number
  readonly maxBytes?: number
}

export interface Sighting {
  readonly kind: BrokerKind
  readonly version?: string
}

/** A question to a broker, and who it is by its answer: undefined where that tells nothing. */
export interface Clue {
  readonly path: string
  recognise(answer: unknown): Sighting | undefined
}

const MIB = 1024 * 1024

const ORION_LD: BrokerKind = {
  name: 'Orion-LD',
  dialects: ['orion-ld', 'ngsi-ld', 'ngsi-ld-single', 'ngsi-v2'],
  maxEntities: 1_000,
  maxBytes: MIB,
}
const ORION: BrokerKind = { name: 'Orion', dialects: ['ngsi-v2'], maxBytes: MIB }
const SCORPIO: BrokerKind = {
  name: 'Scorpio',
  dialects: ['scorpio', 'ngsi-ld-single'],
  maxEntities: 1_000,
  maxBytes: 10 * MIB,
}
const STELLIO: BrokerKind = {
  name: 'Stellio',
  dialects: ['stellio', 'ngsi-ld', 'ngsi-ld-single'],
  maxBytes: 2 * MIB,
}
const CORAINE: BrokerKind = { name: 'coraine', dialects: ['ngsi-ld', 'ngsi-ld-single'], maxBytes: 2 * MIB }

/** In the order in which they are asked: those that tell a version come first. */
export const CLUES: readonly Clue[] = [
  { path: '/version', recognise: recogniseVersion },
  { path: '/ngsi-ld/ex/v1/version', recognise: recogniseVersion },
  { path: '/q/info', recognise: recogniseBuild },
  { path: '/actuator/info', recognise: recogniseBuild },
  // Only those tell nothing but that they are well: Scorpio is of Quarkus, Stellio of Spring.
  { path: '/q/health', recognise: answer => recogniseHealth(answer, SCORPIO) },
  { path: '/actuator/health', recognise: answer => recogniseHealth(answer, STELLIO) },
]

/** Orion has an object of its own; Orion-LD and coraine have keys that end in `version`. */
function recogniseVersion(answer: unknown): Sighting | undefined {
  const orion = getMember(answer, 'orion')
  if (orion !== undefined) return toSighting(ORION, getMember(orion, 'version'))
  const keys = typeof answer === 'object' && answer !== null ? Object.keys(answer) : []
  const find = (pattern: RegExp) => keys.find(key => pattern.test(key))
  const orionLd = find(/^orion-?ld version$/i)
  if (orionLd !== undefined) return toSighting(ORION_LD, getMember(answer, orionLd))
  const coraine = find(/^coraine/i)
  return coraine === undefined ? undefined : toSighting(CORAINE, getMember(answer, coraine))
}

/** What Quarkus and Spring say of a build, by the group that its maker gave it. */
function recogniseBuild(answer: unknown): Sighting | undefined {
  const build = getMember(answer, 'build')
  const names = `${getMember(build, 'group')} ${getMember(build, 'artifact')} ${getMember(build, 'name')}`
  const version = getMember(build, 'version')
  if (/ngsildbroker|scorpio/i.test(names)) return toSighting(SCORPIO, version)
  return /stellio/i.test(names) ? toSighting(STELLIO, version) : undefined
}

function recogniseHealth(answer: unknown, kind: BrokerKind): Sighting | undefined {
  return typeof getMember(answer, 'status') === 'string' ? { kind } : undefined
}

function toSighting(kind: BrokerKind, version: unknown): Sighting {
  return typeof version === 'string' ? { kind, version } : { kind }
}

function getMember(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
