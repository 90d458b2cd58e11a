/** What a login may do, as it stands now: which topics it may publish, and what it may hear. Deny by default. */
import type { Login } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { coversFilter, matchesTopic } from '../topic-filter.ts'

/** A topic as somebody may use it. */
export interface TopicRight {
  /** Empty when the topic names no device of the tenant. */
  readonly deviceId: string
  /** Whether the tenant has such a device, or its rules make one. */
  readonly isKnown: boolean
  readonly isAllowed: boolean
}

export class Rights {
  readonly login: RightsOf
  readonly #registry: Registry
  /** Filters without wildcards, which a gateway may have by the hundred, are looked up instead of gone through. */
  readonly #publishTopics: ReadonlySet<string>
  readonly #publishFilters: readonly string[]
  readonly #subscribe: readonly string[]

  constructor(login: RightsOf, registry: Registry) {
    this.login = login
    this.#registry = registry
    const hasWildcard = (filter: string) => /[+#]/.test(filter)
    this.#publishTopics = new Set(login.publish.filter(filter => !hasWildcard(filter)))
    this.#publishFilters = login.publish.filter(hasWildcard)
    this.#subscribe = login.subscribe
  }

  findTopic(topic: string): TopicRight {
    const { tenant, publish, device } = this.login
    const resolved = this.#registry.resolve(tenant, topic)
    const isGranted =
      this.#publishTopics.has(topic) || this.#publishFilters.some(filter => matchesTopic(filter, topic))
    // A device may use every topic that names it, unless its tenant says which; and never one that names another.
    const isAllowed =
      device === undefined ? isGranted : resolved.deviceId === device && (isGranted || publish.length === 0)
    return { deviceId: resolved.deviceId, isKnown: resolved.device !== undefined, isAllowed }
  }

  /** Topics and shares of the broker itself ($SYS, $share) are for nobody, whatever a filter grants. */
  maySubscribe(filter: string): boolean {
    return !isReserved(filter) && this.#subscribe.some(allowed => coversFilter(allowed, filter))
  }

  mayReceive(topic: string): boolean {
    return !isReserved(topic) && this.#subscribe.some(allowed => matchesTopic(allowed, topic))
  }
}

export type RightsOf = Pick<Login, 'id' | 'tenant' | 'publish' | 'subscribe' | 'device'>

/** Topics that begin with $ are the broker's own (MQTT 3.1.1, 4.7.2). */
export function isReserved(topic: string): boolean {
  return topic.startsWith('$')
}
