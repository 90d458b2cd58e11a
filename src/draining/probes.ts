/** What is known of the brokers behind the lanes. Asked for beside delivery: at the start, and again when a destination has been away. */
import type { DestinationConfig } from '../config/config.ts'
import { getMessage } from '../errors.ts'
import type { DeliveryAddress } from '../uplink/dialect.ts'
import { type BrokerFacts, probeBroker } from '../uplink/probe.ts'
import { report } from './drain-log.ts'

/** Between two attempts to reach a broker, and at least between two questions to one that was reached. */
const PAUSE_MS = 30_000

interface Probed {
  facts?: BrokerFacts
  /** Of the last question. */
  askedAt: number
  timer?: NodeJS.Timeout
}

/** Lanes of one destination whose tenants share a name there share one question too. */
export class Probes {
  readonly #probed = new Map<string, Probed>()
  /** Ends with the last question to each destination. One at a time: many tenants may share it. */
  readonly #turns = new Map<string, Promise<void>>()
  #closed = false

  /** Undefined until the broker has answered, and for a destination that is none. */
  get(address: DeliveryAddress): BrokerFacts | undefined {
    return this.#probed.get(toKey(address))?.facts
  }

  /** Returns at once. A broker that does not answer is asked again, as often as it takes. */
  ask(address: DeliveryAddress): void {
    const key = toKey(address)
    const probed = this.#probed.get(key) ?? { askedAt: Number.NEGATIVE_INFINITY }
    this.#probed.set(key, probed)
    const { id, dialect } = address.destination
    if (this.#closed || dialect === 'preview' || performance.now() - probed.askedAt < PAUSE_MS) return
    probed.askedAt = performance.now()
    const before = this.#turns.get(id) ?? Promise.resolve()
    this.#turns.set(
      id,
      before.then(() => this.#probe(address, probed)),
    )
  }

  /** Another broker may stand there from now on. */
  forget({ id }: DestinationConfig): void {
    for (const [key, { timer }] of this.#probed) {
      if (!key.startsWith(`${id}\n`)) continue
      clearTimeout(timer)
      this.#probed.delete(key)
    }
  }

  close(): void {
    this.#closed = true
    for (const { timer } of this.#probed.values()) clearTimeout(timer)
  }

  async #probe(address: DeliveryAddress, probed: Probed): Promise<void> {
    if (this.#closed) return
    try {
      this.#learn(address, probed, await probeBroker(address))
    } catch (error) {
      this.#askLater(address, probed, error)
    }
  }

  #learn({ destination, brokerTenant }: DeliveryAddress, probed: Probed, facts: BrokerFacts): void {
    const isNew = JSON.stringify(facts) !== JSON.stringify(probed.facts)
    probed.facts = facts
    clearTimeout(probed.timer)
    if (this.#closed || !isNew) return
    const { misfits, ...broker } = facts
    const place = { destination: destination.id, ...(brokerTenant && { brokerTenant }) }
    report('info', { ...place, ...broker, msg: 'the broker of a destination' })
    for (const misfit of misfits)
      report('warn', { ...place, misfit, msg: 'the broker and its configuration' })
  }

  /** That it does not answer is the lane's to tell; here it is no news. */
  #askLater(address: DeliveryAddress, probed: Probed, error: unknown): void {
    if (this.#closed) return
    const msg = 'the broker of a destination did not tell what it is'
    report('debug', { destination: address.destination.id, error: getMessage(error), msg })
    probed.askedAt = Number.NEGATIVE_INFINITY
    clearTimeout(probed.timer)
    probed.timer = setTimeout(() => this.ask(address), PAUSE_MS)
    probed.timer.unref()
  }
}

function toKey({ destination, brokerTenant = '' }: DeliveryAddress): string {
  return `${destination.id}\n${brokerTenant}`
}
