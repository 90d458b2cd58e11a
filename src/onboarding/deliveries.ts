/**
 * What was held of devices that are known by now goes on its way, in the order in which it came. What was on its way to the
 * quarantine just then is fetched after it; what is not settled when the agent ends stays in quarantine.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { QuarantineOrder, ReplayReport } from '../draining/replays.ts'
import type { Engine } from '../journal/engine.ts'
import { findHeldDevices, type HeldDevice, type LaneName } from './held-devices.ts'

/** What has become of what was held, so far: messages of all destinations together. */
export interface Delivery {
  /** False while some of it is under way; it goes on by itself. */
  readonly finished: boolean
  readonly outcomes: Readonly<Record<string, number>>
  /** Those that stay in quarantine, by error code. */
  readonly refusals: Readonly<Record<string, number>>
}

export interface DeliveriesOptions {
  readonly engine: Engine
  readonly findLanes: (tenant: string) => Promise<readonly LaneName[]>
  /** Nothing while another replay of that lane is under way. */
  readonly replay: (order: QuarantineOrder) => Promise<ReplayReport | undefined>
  readonly onFailed: (error: unknown, tenant: string) => void
}

export const NOTHING_DELIVERED: Delivery = { finished: true, outcomes: {}, refusals: {} }
/** A replay takes this many entries by their places. */
const POSITIONS_AT_ONCE = 1_000
/** How often to look once more for what was on its way to the quarantine. */
const LOOKS = 4
const LOOK_MS = 500
/** While a destination lets a replay wait. */
const WAIT_MS_MAX = 10_000

export class Deliveries {
  readonly #options: DeliveriesOptions
  readonly #stop = new AbortController()
  readonly #running = new Set<Promise<void>>()

  constructor(options: DeliveriesOptions) {
    this.#options = options
  }

  /** Answers what became of what was there at once. */
  async start(tenant: string, devices: readonly string[]): Promise<Delivery> {
    const wanted = new Set(devices)
    const first = await this.#deliver(tenant, wanted)
    const rest = this.#finish(tenant, wanted).catch(error => this.#options.onFailed(error, tenant))
    this.#running.add(rest)
    void rest.finally(() => this.#running.delete(rest))
    return first ?? NOTHING_DELIVERED
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running)
  }

  async #finish(tenant: string, wanted: ReadonlySet<string>): Promise<void> {
    let waitMs = LOOK_MS
    for (let left = LOOKS; left > 0; left--) {
      await this.#wait(waitMs)
      if (this.#stop.signal.aborted) return
      const delivery = await this.#deliver(tenant, wanted)
      // What comes back for the same reason would come back for ever.
      if (delivery === undefined || delivery.refusals['DEVICE_UNKNOWN'] !== undefined) continue
      left = LOOKS + 1
      waitMs = delivery.finished ? LOOK_MS : Math.min(2 * waitMs, WAIT_MS_MAX)
    }
  }

  /** Nothing where nothing is held. */
  async #deliver(tenant: string, wanted: ReadonlySet<string>): Promise<Delivery | undefined> {
    const { engine, findLanes, replay } = this.#options
    const { devices } = await findHeldDevices(engine, await findLanes(tenant), id => wanted.has(id))
    if (devices.size === 0) return undefined
    const reports: Delivery[] = []
    for (const [destination, positions] of joinPositions([...devices.values()])) {
      for (let at = 0; at < positions.length; at += POSITIONS_AT_ONCE) {
        const filter = { reason: 'DEVICE_UNKNOWN', positions: positions.slice(at, at + POSITIONS_AT_ONCE) }
        const report = await replay({ tenant, destination, filter, dryRun: false })
        // While another replay is under way, what is left waits for the next look.
        reports.push(report ?? { ...NOTHING_DELIVERED, finished: false })
        if (report?.finished !== true) break
      }
    }
    return join(reports)
  }

  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined)
  }
}

/** By destination, in the order in which they came. */
function joinPositions(devices: readonly HeldDevice[]): ReadonlyMap<string, readonly number[]> {
  const joined = new Map<string, number[]>()
  for (const { positions } of devices) {
    for (const [destination, own] of positions)
      joined.set(destination, [...(joined.get(destination) ?? []), ...own])
  }
  for (const positions of joined.values()) positions.sort((one, other) => one - other)
  return joined
}

function join(reports: readonly Delivery[]): Delivery {
  return {
    finished: reports.every(({ finished }) => finished),
    outcomes: sum(reports.map(({ outcomes }) => outcomes)),
    refusals: sum(reports.map(({ refusals }) => refusals)),
  }
}

function sum(parts: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {}
  for (const [name, count] of parts.flatMap(part => Object.entries(part)))
    total[name] = (total[name] ?? 0) + count
  return total
}
