/** What one lane does about time and repetition: which messages came before, what is late, and which times are not believed. */
import type { DestinationConfig } from '../config/config.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { Engine } from '../journal/engine.ts'
import { loadLaneState } from '../journal/lane-state.ts'
import { readBack } from '../journal/read-back.ts'
import type { EntityText, Message, MessageIdentity } from '../reading.ts'
import type { Tenant } from '../registry/registry.ts'
import type { DeliveryAddress } from '../uplink/dialect.ts'
import { openTemporal } from '../uplink/dialects.ts'
import type { Settle } from '../uplink/parcel.ts'
import type { TemporalUplink } from '../uplink/temporal.ts'
import { report } from './drain-log.ts'
import { HighWater } from './high-water.ts'
import { Repeats } from './repeats.ts'
import { TimelyUplink } from './timely-uplink.ts'

interface LaneTimesOptions {
  readonly engine: Engine
  readonly tenant: Tenant
  readonly destination: DestinationConfig
  readonly address: DeliveryAddress
}

/** Since the start. */
export interface TimeCounts {
  /** Attributes that were older than what was sent before. */
  readonly attributesLate: number
  /** Messages that gave a time which was not believed. */
  readonly doubtfulTimes: number
}

/** What is read back at the start: enough for what a client or a gateway sends again once it is connected again. */
const RECALLED_MESSAGES = 4_096
const RECALLED_MS = 3_600_000

export class LaneTimes {
  readonly #options: LaneTimesOptions
  readonly #highWater: HighWater
  readonly #temporal: TemporalUplink | undefined
  readonly #cursor: number
  readonly repeats = new Repeats()
  #attributesLate = 0
  #doubtfulTimes = 0

  static async open(options: LaneTimesOptions): Promise<LaneTimes> {
    const { engine, tenant, destination } = options
    const place = { tenant: tenant.id, destination: destination.id }
    const { position } = await loadLaneState(engine, tenant.id, destination.id)
    const onFailure = (error: unknown) =>
      report('error', {
        ...place,
        error: getMessage(error),
        msg: 'marks of observed times could not be put in order',
      })
    const highWater = await HighWater.open({ engine, ...place, onFailure }, position)
    return new LaneTimes(options, highWater, position)
  }

  private constructor(options: LaneTimesOptions, highWater: HighWater, cursor: number) {
    const { tenant, destination, address } = options
    this.#options = options
    this.#highWater = highWater
    this.#cursor = cursor
    const place = { tenant: tenant.id, destination: destination.id }
    const msg = 'the destination has no history to write to; late values are left out'
    this.#temporal =
      tenant.late === 'temporal'
        ? openTemporal(address, detail => report('warn', { ...place, detail, msg }))
        : undefined
  }

  /** What the lane saves with its cursor. */
  get companion(): HighWater {
    return this.#highWater
  }

  get counts(): TimeCounts {
    return { attributesLate: this.#attributesLate, doubtfulTimes: this.#doubtfulTimes }
  }

  /** Reads back what the lane has passed shortly before the start. */
  async recall(identify: (message: Message) => MessageIdentity | undefined): Promise<void> {
    const { engine, tenant } = this.#options
    const since = Date.now() - RECALLED_MS
    const messages = await readBack(engine, tenant.id, {
      before: this.#cursor,
      most: RECALLED_MESSAGES,
      since,
    })
    this.repeats.recall(messages, identify)
  }

  createUplink(uplink: { send(entities: readonly EntityText[], settle: Settle): void }): TimelyUplink {
    return new TimelyUplink({
      highWater: this.#highWater,
      uplink,
      temporal: this.#temporal,
      onLate: attributes => {
        this.#attributesLate += attributes
      },
    })
  }

  /** The message was not delivered, so nothing of it makes others late. */
  fall(position: number): void {
    this.#highWater.fall(position)
  }

  /** Throws TIME_IMPLAUSIBLE where the tenant does not want the time of receipt in its place. */
  doubt(time: string): void {
    this.#doubtfulTimes += 1
    if (this.#options.tenant.badTime === 'receivedTime') return
    throw new TromostError(
      'TIME_IMPLAUSIBLE',
      `expected a time from 2000 to a day after receipt, got ${time}`,
    )
  }

  /** Ends the requests under way. */
  async closeTemporal(): Promise<void> {
    await this.#temporal?.close()
  }

  /** Waits for what is under way on disk. */
  async close(): Promise<void> {
    await this.#highWater.close()
  }
}
