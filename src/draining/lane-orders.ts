/** What people order of a lane that is open: to replay or to discard what is in its quarantine, and to go back. */
import { getMessage } from '../errors.ts'
import type { Engine } from '../journal/engine.ts'
import type { Lane } from '../journal/lane.ts'
import { listLanes } from '../journal/lane-state.ts'
import { type RewindOrder, type Rewound, rewindLane } from '../journal/rewind.ts'
import { report } from './drain-log.ts'
import {
  type createIsOf,
  type ForgetOrder,
  type ForgottenRecords,
  forgetQuarantined,
  forgetRecords,
} from './forget-device.ts'
import type { LaneCounts } from './lane-counts.ts'
import type { QuarantineOrder, ReplayReport, Replays } from './replays.ts'

/** What an order needs of an open lane. */
export interface OrderedLane {
  readonly lane: Lane
  readonly uplink: { close(): Promise<void> }
  readonly times: { closeTemporal(): Promise<void>; close(): Promise<void> }
  readonly replays: Replays
  readonly counts: Pick<LaneCounts, 'alarms'>
  /** From then on the lane does not hear of changes of its destination's certificates. */
  readonly forgetAccess: () => void
  readonly running: Promise<void>
}

interface Place {
  readonly tenant: string
  readonly destination: string
}

export class LaneOrders<T extends OrderedLane> {
  readonly #engine: Engine
  /** The lanes that are open; one that goes back is replaced. */
  readonly #lanes: T[]
  readonly #reopen: (closed: T) => Promise<T>
  #last: Promise<unknown> = Promise.resolve()

  constructor(engine: Engine, lanes: T[], reopen: (closed: T) => Promise<T>) {
    this.#engine = engine
    this.#lanes = lanes
    this.#reopen = reopen
  }

  /** One after the other, so that nothing meets a lane that is just going back. */
  inTurn<R>(work: () => Promise<R>): Promise<R> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }

  /** A lane that is not open is saved already. */
  async save(place: Place): Promise<void> {
    await this.#lanes.find(({ lane }) => isAt(lane, place))?.lane.save()
  }

  async replay(order: QuarantineOrder): Promise<ReplayReport | undefined> {
    // Only its beginning is in turn: a destination may let it wait.
    const { replays, lane } = await this.inTurn(async () => this.#find(order))
    await lane.save()
    return replays.start(order)
  }

  discard(order: QuarantineOrder): Promise<number> {
    return this.inTurn(async () => {
      const open = this.#find(order)
      await open.lane.save()
      if (order.dryRun) return open.lane.countQuarantined(order.filter)
      const messages = await open.lane.removeQuarantined(order.filter, 'discarded')
      clearAlarms(open)
      const { tenant, destination, filter } = order
      report('info', { tenant, destination, filter, messages, msg: 'messages in quarantine were discarded' })
      return messages
    })
  }

  expire(): Promise<void> {
    return this.inTurn(async () => {
      for (const open of this.#lanes) {
        await open.lane.expireQuarantine()
        clearAlarms(open)
      }
    })
  }

  async rewind(order: RewindOrder): Promise<Rewound> {
    this.#find(order)
    return order.dryRun ? rewindLane(this.#engine, order) : this.inTurn(() => this.#goBack(order))
  }

  /** As at a restart, but for where it starts: what had been under way is taken up again, and no entity is in two requests at once. */
  async #goBack(order: RewindOrder): Promise<Rewound> {
    const { tenant, destination } = order
    try {
      return await this.#whileClosed([this.#find(order)], async () => {
        const rewound = await rewindLane(this.#engine, order)
        report('info', { tenant, destination, ...rewound, msg: 'settled messages are sent again' })
        return rewound
      })
    } catch (error) {
      report('error', { tenant, destination, error: getMessage(error), msg: 'the lane could not go back' })
      throw error
    }
  }

  /** The lanes of the tenant are closed meanwhile, as at a restart. */
  forget(
    order: ForgetOrder,
    isOf: ReturnType<typeof createIsOf>,
  ): Promise<Omit<ForgottenRecords, 'previews'>> {
    return this.inTurn(async () => {
      const { tenant, device, dryRun } = order
      const own = this.#lanes.filter(({ lane }) => lane.tenant === tenant)
      let [quarantined, unreadable] = [0, 0]
      for (const open of own) {
        const found = await forgetQuarantined(this.#engine, open.lane, isOf, dryRun)
        quarantined += found.quarantined
        unreadable += found.unreadable
        clearAlarms(open)
      }
      const destinations = await listLanes(this.#engine, tenant)
      const forget = () => forgetRecords(this.#engine, order, { isOf, destinations })
      const records = dryRun ? await forget() : await this.#whileClosed(own, forget)
      if (!dryRun) report('info', { tenant, device, ...records, quarantined, msg: 'a device was forgotten' })
      return { ...records, quarantined, unreadable: records.unreadable + unreadable }
    })
  }

  async #whileClosed<R>(closing: readonly T[], work: () => Promise<R>): Promise<R> {
    for (const open of closing) await closeLane(open)
    try {
      return await work()
    } finally {
      for (const open of closing) this.#lanes[this.#lanes.indexOf(open)] = await this.#reopen(open)
    }
  }

  #find(place: Place): T {
    const open = this.#lanes.find(({ lane }) => isAt(lane, place))
    if (open === undefined) throw new Error(`expected an open lane, got ${place.tenant}/${place.destination}`)
    return open
  }
}

function isAt(lane: Place, { tenant, destination }: Place): boolean {
  return lane.tenant === tenant && lane.destination === destination
}

/** What is settled is saved; requests under way are waited for. */
export async function closeLane({
  replays,
  uplink,
  times,
  lane,
  forgetAccess,
  running,
}: OrderedLane): Promise<void> {
  forgetAccess()
  await replays.close()
  await uplink.close()
  await times.closeTemporal()
  await lane.close()
  await running
  await times.close()
}

/** A reason of which nothing is left is told again when it comes again. */
export function clearAlarms({ lane, counts: { alarms } }: Pick<OrderedLane, 'lane' | 'counts'>): void {
  const { reasons } = lane.quarantine
  for (const code of alarms) if (reasons[code] === undefined) alarms.delete(code)
}
