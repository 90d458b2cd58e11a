/** Lets the town's sensors publish at a steady rate and counts honestly what became of it. */
import { getFleet } from './fleet.ts'
import { Gateway, type GatewayEvent } from './gateway.ts'
import { getNetwork, NETWORKS } from './networks.ts'
import type { Sensor } from './sensor.ts'
import { createLivingSensor, type LivingSensor } from './sensors.ts'

export interface SimulatorOptions {
  /** `mqtt://host:port`, or any other address that MQTT clients take. */
  readonly url: string
  readonly devices: number
  /** Of all sensors together. */
  readonly ratePerSecond: number
  readonly qos: 0 | 1
  /** Without it the simulator runs until it is stopped. */
  readonly durationMs?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** The same seed gives the same town; times come from the clock. */
  readonly seed?: number | undefined
  /** MQTT connections; without it one for each network, such as ChirpStack or zigbee2mqtt. */
  readonly connections?: number | undefined
  readonly onEvent?: ((event: SimulatorEvent) => void) | undefined
}

export type SimulatorEvent = GatewayEvent | { readonly kind: 'progress'; readonly totals: Totals }

export interface Totals {
  readonly sent: number
  /** QoS 1: PUBACKs. QoS 0: written to the connection, which is all that a sender can know. */
  readonly acknowledged: number
  /** Refused, or unacknowledged when the simulator stopped. */
  readonly failed: number
  /** Acknowledged per second since the first connection. */
  readonly perSecond: number
}

export interface Simulator {
  readonly totals: Totals
  /** Settles with the last totals, after `durationMs` or `stop`. */
  readonly finished: Promise<Totals>
  stop(): Promise<Totals>
}

export function startSimulator(options: SimulatorOptions): Simulator {
  return new RunningSimulator(options)
}

/** Beyond this, a sender only measures its own queue. */
const OUTSTANDING_MAX = 1000
const TICK_MS = 10
const PROGRESS_MS = 1000
/** What a broker kept waiting longer than this is not made up for: a sensor does not wake up twice. */
const CATCH_UP_MS = 1000
/** How long `stop` waits for the acknowledgements of what is on its way. */
const DRAIN_MS = 5000

interface Station {
  readonly sensor: LivingSensor
  readonly gateway: Gateway
}

class RunningSimulator implements Simulator {
  readonly finished: Promise<Totals>
  readonly #options: SimulatorOptions
  readonly #gateways: readonly Gateway[]
  readonly #stations: readonly Station[]
  readonly #timers: NodeJS.Timeout[]
  readonly #finish: (totals: Totals) => void
  #next = 0
  #sent = 0
  #acknowledged = 0
  #failed = 0
  /** Uplinks that the schedule has had since #startedAt, sent or given up. */
  #scheduled = 0
  #startedAt: number | undefined
  #isStopping = false
  #endedAt: number | undefined

  constructor(options: SimulatorOptions) {
    this.#options = options
    const { promise, resolve } = createPromise<Totals>()
    this.finished = promise
    this.#finish = resolve
    const fleet = getFleet(options.devices)
    this.#gateways = createGateways(options, event => options.onEvent?.(event))
    this.#stations = createStations(fleet, this.#gateways, options)
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => options.onEvent?.({ kind: 'progress', totals: this.totals }), PROGRESS_MS),
    ]
    if (options.durationMs !== undefined) {
      this.#timers.push(setTimeout(() => void this.stop(), options.durationMs))
    }
  }

  get totals(): Totals {
    const until = this.#endedAt ?? performance.now()
    const seconds = (until - (this.#startedAt ?? until)) / 1000
    return {
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      failed: this.#failed,
      perSecond: seconds === 0 ? 0 : Math.round((10 * this.#acknowledged) / seconds) / 10,
    }
  }

  stop(): Promise<Totals> {
    if (!this.#isStopping) {
      this.#isStopping = true
      for (const timer of this.#timers) clearTimeout(timer)
      void this.#drain()
    }
    return this.finished
  }

  get #outstanding(): number {
    return this.#sent - this.#acknowledged - this.#failed
  }

  /** By elapsed time, so that a late or lost tick makes the next one larger and the rate holds. */
  #tick(): void {
    if (!this.#gateways.some(gateway => gateway.isConnected)) return
    const now = performance.now()
    this.#startedAt ??= now
    const due = Math.floor(((now - this.#startedAt) * this.#options.ratePerSecond) / 1000)
    const catchUp = Math.ceil((CATCH_UP_MS * this.#options.ratePerSecond) / 1000)
    this.#scheduled = Math.max(this.#scheduled, due - catchUp)
    while (this.#scheduled < due && this.#outstanding < OUTSTANDING_MAX && this.#sendNext()) {
      this.#scheduled += 1
    }
  }

  /** Goes on to the next sensor that has something to say and a connection to say it on. */
  #sendNext(): boolean {
    for (let passed = 0; passed < this.#stations.length; passed += 1) {
      const station = this.#stations[this.#next]
      this.#next = (this.#next + 1) % this.#stations.length
      const uplink = station?.gateway.isConnected ? station.sensor(Date.now()) : undefined
      if (uplink === undefined) continue
      this.#sent += 1
      station?.gateway.send(uplink, error => this.#settle(error))
      return true
    }
    return false
  }

  /** After the end nothing is outstanding any more: what comes late has been counted as failed. */
  #settle(error: Error | undefined): void {
    if (this.#outstanding === 0) return
    if (error === undefined) this.#acknowledged += 1
    else this.#failed += 1
  }

  async #drain(): Promise<void> {
    const deadline = performance.now() + DRAIN_MS
    while (this.#outstanding > 0 && performance.now() < deadline) await wait(TICK_MS)
    const isForced = this.#outstanding > 0
    this.#failed += this.#outstanding
    this.#endedAt = performance.now()
    await Promise.allSettled(this.#gateways.map(gateway => gateway.close(isForced)))
    this.#finish(this.totals)
  }
}

function createGateways(options: SimulatorOptions, onEvent: (event: GatewayEvent) => void): Gateway[] {
  const names =
    options.connections === undefined
      ? NETWORKS
      : Array.from({ length: options.connections }, (_, index) => `${index + 1}`)
  // Two simulators with the same client ids would throw each other out for ever (MQTT-3.1.4-2).
  const getClientId = (name: string) => `kranj-gateway-${name}-${process.pid}`
  return names.map(name => new Gateway({ ...options, clientId: getClientId(name) }, onEvent))
}

/** A sensor always goes through the same gateway: that keeps its uplinks in order. */
function createStations(
  fleet: readonly Sensor[],
  gateways: readonly Gateway[],
  options: SimulatorOptions,
): Station[] {
  const startMs = Date.now()
  return fleet.flatMap((sensor, index) => {
    const turn = options.connections === undefined ? NETWORKS.indexOf(getNetwork(sensor.profile)) : index
    const gateway = gateways[turn % gateways.length]
    const living = createLivingSensor(sensor, options.seed ?? 1, startMs)
    return gateway === undefined ? [] : [{ sensor: living, gateway }]
  })
}

function createPromise<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

function wait(delayMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, delayMs))
}
