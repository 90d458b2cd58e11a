/** The profiles of one lane. Those that read Sparkplug B are tied to it: what its edge nodes have announced is kept as far as the lane has come. */

import { compileDecoder } from '../decode/decode.ts'
import type { DefinitionData } from '../decode/sparkplug/definitions.ts'
import { type EdgeNodeName, EdgeNodes, type KnownBirth } from '../decode/sparkplug/edge-nodes.ts'
import { createBirthChange, type StoredBirth } from '../journal/births.ts'
import type { Lane } from '../journal/lane.ts'
import type { Profile } from '../profiles/profile.ts'
import { nameProfile } from '../profiles/used-profile.ts'
import type { Message, Reading } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import { createDeviceTopic } from '../sparkplug-topic.ts'
import type { CompiledProfile } from './carried.ts'
import { narrowProfiles } from './narrow-profiles.ts'

export interface LaneProfilesOptions {
  /** Where it stands, and what takes the births that it meets. */
  readonly lane: Pick<Lane, 'tenant' | 'keepWith'>
  /** What was announced before the first message. Asked once a profile wants to know. */
  readonly loadBirths: () => Promise<readonly StoredBirth[]>
  readonly registry: Registry
  /** The only entity types that the destination takes; all where there are none. */
  readonly types?: readonly string[] | undefined
  readonly onRebirthNeeded: (edgeNode: EdgeNodeName, reason: string) => void
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

export class LaneProfiles {
  readonly #options: LaneProfilesOptions
  /** What is known of edge nodes, from the moment that a profile wants to know. */
  #edgeNodes: EdgeNodes | undefined
  #profiles: ReadonlyMap<string, CompiledProfile> = new Map()
  #lost: readonly string[] = []

  constructor(options: LaneProfilesOptions) {
    this.#options = options
  }

  get tenant(): string {
    return this.#options.lane.tenant
  }

  get(name: string): CompiledProfile | undefined {
    return this.#profiles.get(name)
  }

  /** Puts profiles to use, in place of those before. What edge nodes have announced is still known. */
  async use(profiles: readonly Profile[], compiled: ReadonlyMap<string, CompiledProfile>): Promise<void> {
    const own = profiles.filter(({ decode }) => decode.sparkplug !== undefined)
    if (own.length > 0) this.#edgeNodes ??= await this.#openEdgeNodes()
    const edgeNodes = this.#edgeNodes
    const bound =
      edgeNodes === undefined
        ? []
        : own.map(profile => [profile.id, this.#bind(profile, edgeNodes, compiled)] as const)
    const all = new Map([...compiled, ...bound])
    const { types } = this.#options
    this.#profiles = types === undefined ? all : narrowProfiles(profiles, all, new Set(types))
  }

  /** Takes note of a message that no profile has decoded. */
  hear({ topic, payload }: Message): void {
    this.#edgeNodes?.hear(topic, payload)
  }

  async #openEdgeNodes(): Promise<EdgeNodes> {
    const { lane, loadBirths, onRebirthNeeded } = this.#options
    const stored = await loadBirths()
    return new EdgeNodes({
      births: stored.map(toKnownBirth),
      onBirth: (birth, position) =>
        lane.keepWith(position, createBirthChange(lane.tenant, toStoredBirth(birth, position))),
      onRebirthNeeded,
      onNodeDeath: ({ group, edgeNode }, devices) => {
        this.#lost = devices.map(device => createDeviceTopic(group, edgeNode, device))
      },
    })
  }

  #bind(
    profile: Profile,
    edgeNodes: EdgeNodes,
    compiled: ReadonlyMap<string, CompiledProfile>,
  ): CompiledProfile {
    const { registry, lane } = this.#options
    const decode = compileDecoder(profile, edgeNodes)
    const map = compiled.get(profile.id)?.map ?? mapNothing
    return {
      isStateful: true,
      decode: (message, position) => {
        const readings = decode(message, position)
        const below = this.#takeLost().map(topic => new ReadingBelow(message.receivedAt, topic))
        return below.length === 0 ? readings : [...readings, ...below]
      },
      map: (reading, device, seen) => {
        if (!(reading instanceof ReadingBelow)) return map(reading, device, seen)
        const below = registry.resolve(lane.tenant, reading.topic).device
        const mapBelow = below === undefined ? undefined : compiled.get(nameProfile(below))?.map
        return below === undefined || mapBelow === undefined ? mapNothing() : mapBelow(reading, below)
      },
    }
  }

  #takeLost(): readonly string[] {
    const topics = this.#lost
    this.#lost = []
    return topics
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

export function toKnownBirth({
  of: [group = '', edgeNode = '', device = ''],
  value,
}: StoredBirth): KnownBirth {
  const definitions = JSON.parse(value.toString()) as readonly DefinitionData[]
  return device === '' ? { group, edgeNode, definitions } : { group, edgeNode, device, definitions }
}
