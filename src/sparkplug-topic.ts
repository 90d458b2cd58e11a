/** Topics of Sparkplug B (Sparkplug 3.0, chapter 4): `spBv1.0/<group>/<kind>/<edge node>[/<device>]`, and the control topics beside them. */

const NODE_KINDS = ['NBIRTH', 'NDATA', 'NDEATH'] as const
const DEVICE_KINDS = ['DBIRTH', 'DDATA', 'DDEATH'] as const

type SparkplugKind = (typeof NODE_KINDS)[number] | (typeof DEVICE_KINDS)[number]

export interface SparkplugTopic {
  readonly group: string
  readonly kind: SparkplugKind
  readonly edgeNode: string
  /** Absent for messages about the edge node itself. */
  readonly device?: string
}

const NAMESPACE = 'spBv1.0'
/** What an id of a device may be as well. Longer ones would not fit the keys that births are stored under. */
const LEVEL = /^[^/+#\p{Cc}]{1,128}$/u
const CONTROL = /^spBv1\.0\/(?:STATE\/|[^/]+\/[ND]CMD\/)/

export function parseSparkplugTopic(topic: string): SparkplugTopic | undefined {
  const [namespace, group = '', kind = '', edgeNode = '', device, ...rest] = topic.split('/')
  if (namespace !== NAMESPACE || rest.length > 0) return undefined
  if (![group, edgeNode, device ?? 'none'].every(level => LEVEL.test(level))) return undefined
  const nodeKind = NODE_KINDS.find(known => known === kind)
  if (nodeKind !== undefined && device === undefined) return { group, kind: nodeKind, edgeNode }
  const deviceKind = DEVICE_KINDS.find(known => known === kind)
  if (deviceKind === undefined || device === undefined) return undefined
  return { group, kind: deviceKind, edgeNode, device }
}

/** Whether a topic carries commands or the state of a host application: traffic between others, and never readings. */
export function isSparkplugControl(topic: string): boolean {
  return CONTROL.test(topic)
}

/** The ids under which the device of a topic may be provisioned, beside its own name: the most exact first. */
export function getQualifiedIds(topic: string): readonly string[] {
  const parsed = parseSparkplugTopic(topic)
  if (parsed === undefined) return []
  const { group, edgeNode, device } = parsed
  if (device === undefined) return [`${group}:${edgeNode}`]
  return [`${group}:${edgeNode}:${device}`, `${edgeNode}:${device}`]
}

/** A topic that speaks of a device of an edge node, so that the device can be looked up by it. */
export function createDeviceTopic(group: string, edgeNode: string, device: string): string {
  return `${NAMESPACE}/${group}/DDATA/${edgeNode}/${device}`
}

/** Where an edge node announces itself. */
export function createBirthTopic(group: string, edgeNode: string): string {
  return `${NAMESPACE}/${group}/NBIRTH/${edgeNode}`
}

/** Where an edge node listens for commands. */
export function createCommandTopic(group: string, edgeNode: string): string {
  return `${NAMESPACE}/${group}/NCMD/${edgeNode}`
}
