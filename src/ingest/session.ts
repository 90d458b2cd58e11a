/** What one connected client may do, and which device each of its topics is about: found out once, not per message. */
import type { Credential } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { remember } from '../remember.ts'
import { isSparkplugControl } from '../sparkplug-topic.ts'
import { coversFilter, matchesTopic } from '../topic-filter.ts'
import { readTopicName } from './topic-name.ts'

/** A topic as this client uses it. */
export interface SessionTopic {
  readonly name: string
  /** Empty when the topic names no device of the tenant. */
  readonly deviceId: string
  readonly isAllowed: boolean
  /** False for what is meant for other clients and never holds readings. */
  readonly isKept: boolean
  /** When somebody was told of the device last, in milliseconds since the epoch. */
  heardAt: number
}

/** A gateway speaks for some hundreds of devices; a client that goes through more topics than this only loses the shortcut. */
const TOPICS_MAX = 4_096

export class Session {
  readonly credential: Credential
  readonly #registry: Registry
  readonly #topicLevelsMax: number
  readonly #topics = new Map<string, SessionTopic>()
  /** Those that this client may publish, by their bytes. */
  readonly #plainTopics = new Map<string, SessionTopic>()
  /** Filters without wildcards, which a gateway may have by the hundred, are looked up instead of gone through. */
  readonly #publishTopics: ReadonlySet<string>
  readonly #publishFilters: readonly string[]
  /** Of the registry that the topics were looked up in. */
  #revision: number

  constructor(credential: Credential, registry: Registry, topicLevelsMax: number) {
    this.credential = credential
    this.#registry = registry
    this.#revision = registry.revision
    this.#topicLevelsMax = topicLevelsMax
    const hasWildcard = (filter: string) => /[+#]/.test(filter)
    this.#publishTopics = new Set(credential.publish.filter(filter => !hasWildcard(filter)))
    this.#publishFilters = credential.publish.filter(hasWildcard)
  }

  getTopic(topic: string): SessionTopic {
    this.#forgetChanged()
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    return remember(this.#topics, topic, this.#findTopic(topic), TOPICS_MAX)
  }

  /**
   * By its bytes, each as one character. Undefined when this client may not publish it, when it is more than a name to the
   * broker, or when nothing of it is kept. Throws PACKET_MALFORMED.
   */
  getPlainTopic(key: string): SessionTopic | undefined {
    this.#forgetChanged()
    const known = this.#plainTopics.get(key)
    if (known !== undefined) return known
    const name = readTopicName(Buffer.from(key, 'latin1'))
    if (name.startsWith('$') || name.split('/').length > this.#topicLevelsMax) return undefined
    const topic = this.getTopic(name)
    return topic.isAllowed && topic.isKept ? remember(this.#plainTopics, key, topic, TOPICS_MAX) : undefined
  }

  maySubscribe(filter: string): boolean {
    return this.credential.subscribe.some(allowed => coversFilter(allowed, filter))
  }

  mayReceive(topic: string): boolean {
    return this.credential.subscribe.some(allowed => matchesTopic(allowed, topic))
  }

  /** Topics may name other devices now. */
  #forgetChanged(): void {
    if (this.#revision === this.#registry.revision) return
    this.#revision = this.#registry.revision
    this.#topics.clear()
    this.#plainTopics.clear()
  }

  #findTopic(topic: string): SessionTopic {
    const { tenant, publish, device } = this.credential
    const { deviceId } = this.#registry.resolve(tenant, topic)
    const isGranted =
      this.#publishTopics.has(topic) || this.#publishFilters.some(filter => matchesTopic(filter, topic))
    // A device may use every topic that names it, unless its tenant says which; and never one that names another.
    const isAllowed =
      device === undefined ? isGranted : deviceId === device && (isGranted || publish.length === 0)
    return { name: topic, deviceId, isAllowed, isKept: !isSparkplugControl(topic), heardAt: 0 }
  }
}
