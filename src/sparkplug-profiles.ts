/** Profiles that read Sparkplug B, tied to one lane: what its edge nodes have announced, kept on disk as far as the lane has come. */
import type { CompiledProfile } from './agent.ts'
import { compileDecoder } from './decode/decode.ts'
import type { DefinitionData } from './decode/sparkplug/definitions.ts'
import { type EdgeNodeName, EdgeNodes, type KnownBirth } from './decode/sparkplug/edge-nodes.ts'
import { createBirthChange, loadBirths, type StoredBirth } from './journal/births.ts'
import type { Engine } from './journal/engine.ts'
import type { Lane } from './journal/lane.ts'
import type { Profile } from './profiles/profile.ts'
import type { Message, Reading } from './reading.ts'
import type { Registry } from './registry/registry.ts'
import { createDeviceTopic } from './sparkplug-topic.ts'

export interface SparkplugOptions {
  readonly engine: Engine
  readonly lane: Lane
  readonly registry: Registry
  readonly profiles: readonly Profile[]
  readonly compiled: ReadonlyMap<string, CompiledProfile>
  readonly onRebirthNeeded: (edgeNode: EdgeNodeName, reason: string) => void
}

export interface SparkplugLane {
  /** All profiles, those of Sparkplug B with a decoder of this lane's own. */
  readonly profiles: ReadonlyMap<string, CompiledProfile>
  /** Takes note of a message that no profile has decoded. */
  hear(message: Message): void
}

/** A reading that a message gives of another device than its own: one that was lost with its edge node. */
class ReadingBelow implements Reading {
  readonly values = { link: { online: false } }
  readonly observedAt: number
  readonly topic: string

  constructor(observedAt: number, topic: string) {
    this.observedAt = observedAt
    this.topic = topic
  }
}

export async function openSparkplugLane(options: SparkplugOptions): Promise<SparkplugLane> {
  const { engine, lane, compiled, onRebirthNeeded } = options
  const own = options.profiles.filter(({ decode }) => decode.sparkplug !== undefined)
  if (own.length === 0) return { profiles: compiled, hear: () => {} }
  const stored = await loadBirths(engine, lane.tenant, lane.position)
  let lost: readonly string[] = []
  const edgeNodes = new EdgeNodes({
    births: stored.map(toKnownBirth),
    onBirth: (birth, position) =>
      lane.keepWith(position, createBirthChange(lane.tenant, toStoredBirth(birth, position))),
    onRebirthNeeded,
    onNodeDeath: ({ group, edgeNode }, devices) => {
      lost = devices.map(device => createDeviceTopic(group, edgeNode, device))
    },
  })
  const takeLost = () => {
    const topics = lost
    lost = []
    return topics
  }
  const bound = own.map(profile => [profile.id, bind(profile, edgeNodes, takeLost, options)] as const)
  return {
    profiles: new Map([...compiled, ...bound]),
    hear: ({ topic, payload }) => edgeNodes.hear(topic, payload),
  }
}

function bind(
  profile: Profile,
  edgeNodes: EdgeNodes,
  takeLost: () => readonly string[],
  { compiled, registry, lane }: SparkplugOptions,
): CompiledProfile {
  const decode = compileDecoder(profile, edgeNodes)
  const map = compiled.get(profile.id)?.map ?? mapNothing
  return {
    decode: (message, position) => {
      const readings = decode(message, position)
      const below = takeLost().map(topic => new ReadingBelow(message.receivedAt, topic))
      return below.length === 0 ? readings : [...readings, ...below]
    },
    map: (reading, device) => {
      if (!(reading instanceof ReadingBelow)) return map(reading, device)
      const below = registry.resolve(lane.tenant, reading.topic).device
      const mapBelow = below === undefined ? undefined : compiled.get(below.profile)?.map
      return below === undefined || mapBelow === undefined ? mapNothing() : mapBelow(reading, below)
    },
  }
}

function mapNothing() {
  return { entities: [], omitted: 0 }
}

function toStoredBirth(
  { group, edgeNode, device = '', definitions }: KnownBirth,
  position: number,
): StoredBirth {
  return { of: [group, edgeNode, device], position, value: Buffer.from(JSON.stringify(definitions)) }
}

function toKnownBirth({ of: [group = '', edgeNode = '', device = ''], value }: StoredBirth): KnownBirth {
  const definitions = JSON.parse(value.toString()) as readonly DefinitionData[]
  return device === '' ? { group, edgeNode, definitions } : { group, edgeNode, device, definitions }
}
