/** What one connected client may do, and which device each of its topics is about: found out once, not per message. */
import type { MqttLimits } from '../config/mqtt-limits.ts'
import { TromostError } from '../errors.ts'
import type { Credential } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { remember } from '../remember.ts'
import { isSparkplugControl } from '../sparkplug-topic.ts'
import type { Budget } from './limits/budget.ts'
import { isReserved, Rights } from './rights.ts'
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

/** What became of a filter that a client asked for. */
export type Grant = 'granted' | 'forbidden' | 'full'

type SessionLimits = Pick<MqttLimits, 'topicBytes' | 'topicLevels' | 'subscriptions'>

/** A gateway speaks for some hundreds of devices; a client that goes through more topics than this only loses the shortcut. */
const TOPICS_MAX = 4_096

export class Session {
  readonly credential: Credential
  readonly budget: Budget
  readonly #rights: Rights
  readonly #registry: Registry
  readonly #limits: SessionLimits
  readonly #topics = new Map<string, SessionTopic>()
  /** Those that this client may publish, by their bytes. */
  readonly #plainTopics = new Map<string, SessionTopic>()
  readonly #filters = new Set<string>()
  /** Of the registry that the topics were looked up in. */
  #revision: number

  constructor(credential: Credential, registry: Registry, limits: SessionLimits, budget: Budget) {
    this.credential = credential
    this.budget = budget
    this.#rights = new Rights(credential, registry)
    this.#registry = registry
    this.#revision = registry.revision
    this.#limits = limits
  }

  getTopic(topic: string): SessionTopic {
    this.#forgetChanged()
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    return remember(this.#topics, topic, this.#findTopic(topic), TOPICS_MAX)
  }

  /**
   * By its bytes, each as one character. Undefined when this client may not publish it, when it is more than a name to the
   * broker, or when nothing of it is kept. Throws PACKET_MALFORMED and TOPIC_TOO_LONG.
   */
  getPlainTopic(key: string): SessionTopic | undefined {
    this.#forgetChanged()
    const known = this.#plainTopics.get(key)
    if (known !== undefined) return known
    const name = readTopicName(Buffer.from(key, 'latin1'))
    checkTopicLength(name, this.#limits)
    if (isReserved(name)) return undefined
    const topic = this.getTopic(name)
    return topic.isAllowed && topic.isKept ? remember(this.#plainTopics, key, topic, TOPICS_MAX) : undefined
  }

  /** Throws TOPIC_TOO_LONG. */
  subscribe(filter: string): Grant {
    checkTopicLength(filter, this.#limits)
    if (!this.#rights.maySubscribe(filter)) return 'forbidden'
    if (this.#filters.size >= this.#limits.subscriptions && !this.#filters.has(filter)) return 'full'
    this.#filters.add(filter)
    return 'granted'
  }

  unsubscribe(filter: string): void {
    this.#filters.delete(filter)
  }

  isSubscribed(filter: string): boolean {
    return this.#filters.has(filter)
  }

  mayReceive(topic: string): boolean {
    return this.#rights.mayReceive(topic)
  }

  /** Topics may name other devices now. */
  #forgetChanged(): void {
    if (this.#revision === this.#registry.revision) return
    this.#revision = this.#registry.revision
    this.#topics.clear()
    this.#plainTopics.clear()
  }

  #findTopic(topic: string): SessionTopic {
    const { deviceId, isKnown, isAllowed } = this.#rights.findTopic(topic)
    if (isAllowed && isKnown) this.budget.addDevice(deviceId)
    return { name: topic, deviceId, isAllowed, isKept: !isSparkplugControl(topic), heardAt: 0 }
  }
}

/** Throws TOPIC_TOO_LONG, also for a filter. */
export function checkTopicLength(
  topic: string,
  { topicBytes, topicLevels }: Pick<MqttLimits, 'topicBytes' | 'topicLevels'>,
): void {
  const bytes = Buffer.byteLength(topic)
  if (bytes > topicBytes)
    throw new TromostError('TOPIC_TOO_LONG', `expected a topic of at most ${topicBytes} bytes, got ${bytes}`)
  const levels = topic.split('/').length
  if (levels > topicLevels)
    throw new TromostError('TOPIC_TOO_LONG', `expected at most ${topicLevels} levels, got ${levels}`)
}
