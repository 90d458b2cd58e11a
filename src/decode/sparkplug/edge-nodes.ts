/**
 * What is known of the edge nodes of one lane at the message that is being decoded: what their births announced, and how far their
 * messages have been counted (Sparkplug 3.0, 5.4 and 5.9). Messages come in the order in which they were received.
 */
import { parseSparkplugTopic, type SparkplugTopic } from '../../sparkplug-topic.ts'
import { type DefinitionData, Definitions } from './definitions.ts'
import { parseSparkplugPayload, type SparkplugPayload } from './payload.ts'

export interface EdgeNodeName {
  readonly group: string
  readonly edgeNode: string
}

/** A birth as it is kept on disk. Without a device it is that of the edge node itself. */
export interface KnownBirth extends EdgeNodeName {
  readonly device?: string
  readonly definitions: readonly DefinitionData[]
}

export interface EdgeNodesOptions {
  /** What was known before the first message, oldest birth first. */
  readonly births?: readonly KnownBirth[]
  /** A birth that says what is not on disk already: it has to be there before its message is settled. */
  readonly onBirth?: (birth: KnownBirth, position: number) => void
  readonly onRebirthNeeded?: (edgeNode: EdgeNodeName, reason: string) => void
  /** An edge node is gone, and with it these of its devices. */
  readonly onNodeDeath?: (edgeNode: EdgeNodeName, devices: readonly string[]) => void
}

interface DeviceBirth {
  readonly definitions: Definitions
  /** False from the next birth of the edge node on, until the device is announced again. */
  isCurrent: boolean
}

interface EdgeNode extends EdgeNodeName {
  seq: number | undefined
  /** Of the session, which its death names too. Unknown after a restart: then any death counts. */
  bdSeq: number | undefined
  isAlive: boolean
  definitions: Definitions | undefined
  readonly devices: Map<string, DeviceBirth>
}

/** Beyond these the one that was announced first is forgotten, and asked for a rebirth when it is heard again. */
const EDGE_NODES_MAX = 10_000
const DEVICES_MAX = 10_000
const SEQ_COUNT = 256

export class EdgeNodes {
  readonly #nodes = new Map<string, EdgeNode>()
  readonly #options: EdgeNodesOptions

  constructor(options: EdgeNodesOptions = {}) {
    this.#options = options
    for (const { device, definitions, ...name } of options.births ?? []) {
      const node = this.#getNode(name)
      if (device === undefined) {
        node.definitions = new Definitions(definitions)
        node.devices.clear()
      } else {
        putBounded(
          node.devices,
          device,
          { definitions: new Definitions(definitions), isCurrent: true },
          DEVICES_MAX,
        )
      }
    }
  }

  /** A birth or data: the definitions that hold for its metrics, where there are some. */
  take(topic: SparkplugTopic, payload: SparkplugPayload, position: number): Definitions | undefined {
    const node = this.#getNode(topic)
    this.#count(node, topic, payload)
    if (topic.kind === 'NBIRTH') return this.#bearNode(node, payload, position)
    if (topic.kind === 'DBIRTH' && topic.device !== undefined) {
      return this.#bearDevice(node, topic.device, payload, position)
    }
    const definitions = getDefinitions(node, topic.device)
    if (definitions === undefined) this.requestRebirth(topic, 'data before the birth')
    else if (!node.isAlive) this.requestRebirth(topic, 'data after the death')
    return definitions
  }

  /** A death. False when it is that of an earlier session, whose will came late: the edge node is back already. */
  end(topic: SparkplugTopic, payload: SparkplugPayload): boolean {
    const node = this.#getNode(topic)
    if (topic.kind === 'DDEATH') {
      this.#count(node, topic, payload)
      return true
    }
    const bdSeq = getBdSeq(payload)
    if (bdSeq !== undefined && node.bdSeq !== undefined && bdSeq !== node.bdSeq) return false
    node.isAlive = false
    node.seq = undefined
    this.#options.onNodeDeath?.(topic, [...node.devices.keys()])
    return true
  }

  /** A message that nobody decodes, since its device is not provisioned: it counts among those of its edge node all the same. */
  hear(topic: string, bytes: Buffer): void {
    const parsed = parseSparkplugTopic(topic)
    const node = parsed === undefined ? undefined : this.#nodes.get(toKey(parsed))
    if (parsed === undefined || node === undefined || parsed.kind === 'NDEATH') return
    try {
      const payload = parseSparkplugPayload(bytes)
      this.#count(node, parsed, payload)
      if (parsed.kind === 'NBIRTH') beginSession(node, payload)
    } catch {
      // It is in quarantine as it is; all that is lost is its number, and the gap that this leaves is noticed.
    }
  }

  requestRebirth({ group, edgeNode }: EdgeNodeName, reason: string): void {
    this.#options.onRebirthNeeded?.({ group, edgeNode }, reason)
  }

  /** A repeat of the last message, which QoS 1 allows, is no gap. */
  #count(node: EdgeNode, { kind }: SparkplugTopic, { seq }: SparkplugPayload): void {
    const last = node.seq
    node.seq = seq
    if (kind === 'NBIRTH' || last === undefined || seq === undefined || seq === last) return
    const expected = (last + 1) % SEQ_COUNT
    if (seq !== expected) this.requestRebirth(node, `expected seq ${expected}, got ${seq}`)
  }

  #bearNode(node: EdgeNode, payload: SparkplugPayload, position: number): Definitions {
    const definitions = Definitions.of(payload.metrics)
    beginSession(node, payload)
    if (definitions.text === node.definitions?.text) return node.definitions
    node.definitions = definitions
    // Those of its devices follow, and are written behind it.
    node.devices.clear()
    this.#keep(node, undefined, definitions, position)
    return definitions
  }

  #bearDevice(node: EdgeNode, device: string, payload: SparkplugPayload, position: number): Definitions {
    const definitions = Definitions.of(payload.metrics)
    const known = node.devices.get(device)
    if (known?.definitions.text === definitions.text) {
      known.isCurrent = true
      return known.definitions
    }
    putBounded(node.devices, device, { definitions, isCurrent: true }, DEVICES_MAX)
    this.#keep(node, device, definitions, position)
    return definitions
  }

  #keep(
    { group, edgeNode }: EdgeNodeName,
    device: string | undefined,
    { data }: Definitions,
    position: number,
  ): void {
    const name = device === undefined ? { group, edgeNode } : { group, edgeNode, device }
    this.#options.onBirth?.({ ...name, definitions: data }, position)
  }

  #getNode(name: EdgeNodeName): EdgeNode {
    const key = toKey(name)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const { group, edgeNode } = name
    const state = { seq: undefined, bdSeq: undefined, isAlive: true, definitions: undefined }
    const node: EdgeNode = { group, edgeNode, ...state, devices: new Map() }
    putBounded(this.#nodes, key, node, EDGE_NODES_MAX)
    return node
  }
}

/** The births of its devices are over: an alias may now mean something else. */
function beginSession(node: EdgeNode, payload: SparkplugPayload): void {
  node.bdSeq = getBdSeq(payload)
  node.isAlive = true
  for (const device of node.devices.values()) device.isCurrent = false
}

function getDefinitions(node: EdgeNode, device: string | undefined): Definitions | undefined {
  if (device === undefined) return node.definitions
  const known = node.devices.get(device)
  return known?.isCurrent ? known.definitions : undefined
}

function getBdSeq({ metrics }: SparkplugPayload): number | undefined {
  const value = metrics.find(({ name }) => name === 'bdSeq')?.value
  return value !== undefined && 'integer' in value ? value.integer : undefined
}

function toKey({ group, edgeNode }: EdgeNodeName): string {
  return `${group}/${edgeNode}`
}

function putBounded<T>(map: Map<string, T>, key: string, value: T, sizeMax: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= sizeMax) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}
