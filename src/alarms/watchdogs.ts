/** All that watches, by the clock: each finds what should not be, and the book of alarms tells when it began and when it ended. */
import type { Alarm as BrokenBalance } from '../admin/balance.ts'
import type { AlarmsConfig } from '../config/alarms.ts'
import type { BatteryLevel } from '../draining/batteries.ts'
import type { LaneReport } from '../draining/protocol.ts'
import { getMessage } from '../errors.ts'
import type { Job } from '../jobs/jobs.ts'
import type { Engine } from '../journal/engine.ts'
import type { Alarm } from './alarm.ts'
import { type AlarmLog, Alarms } from './alarms.ts'
import type { DeviceCounts } from './device-alarms.ts'
import { DeviceWatch, type DeviceWatchOptions } from './device-watch.ts'
import { type Expiry, lookForExpiries } from './expiry-watch.ts'
import { LaneWatch } from './lane-watch.ts'
import type { PostWebhook } from './post-webhook.ts'
import { type ServiceSources, ServiceWatch } from './service-watch.ts'
import { StatusMessages, type StatusOptions } from './status-messages.ts'
import type { WebhookReport } from './webhook.ts'
import { Webhooks } from './webhooks.ts'

export interface WatchdogOptions {
  readonly engine: Engine
  readonly log: AlarmLog
  readonly config: AlarmsConfig
  readonly post: PostWebhook
  readonly devices: Omit<DeviceWatchOptions, 'engine' | 'alarms' | 'bounds'>
  readonly status: StatusOptions
  readonly isDiskFull: () => boolean
  /** All that runs out by its date. */
  readonly listExpiries: () => readonly Expiry[]
}

export interface WatchedFigures {
  readonly alarms: readonly Alarm[]
  readonly devices: readonly DeviceCounts[]
  readonly webhooks: readonly WebhookReport[]
}

/** What is looked at. */
export interface WatchedParts extends Omit<ServiceSources, 'getWebhooks' | 'isDiskFull'> {
  getLanes(): Promise<readonly LaneReport[]>
  getBroken(): readonly BrokenBalance[]
  takeBatteries(): Promise<readonly BatteryLevel[]>
}

export class Watchdogs {
  readonly alarms: Alarms
  readonly devices: DeviceWatch
  readonly webhooks: Webhooks
  readonly #options: WatchdogOptions

  /** With the alarms that stood before, what is still to be told, and when each device was last heard. */
  static async open(options: WatchdogOptions): Promise<Watchdogs> {
    const { engine, log, config, post } = options
    const webhooks = await Webhooks.open(config.webhooks, { engine, log, post })
    const alarms = await Alarms.open({
      ...{ engine, log },
      take: event => webhooks.take(event),
      onTaken: () => webhooks.wake(),
    })
    const devices = await DeviceWatch.open({ ...options.devices, engine, alarms, bounds: config })
    webhooks.wake()
    return new Watchdogs(options, { alarms, devices, webhooks })
  }

  private constructor(
    options: WatchdogOptions,
    { alarms, devices, webhooks }: Pick<Watchdogs, 'alarms' | 'devices' | 'webhooks'>,
  ) {
    this.#options = options
    this.alarms = alarms
    this.devices = devices
    this.webhooks = webhooks
  }

  /** For the metrics. */
  get figures(): WatchedFigures {
    return { alarms: this.alarms.standing, devices: this.devices.counts, webhooks: this.webhooks.reports }
  }

  createJobs(parts: WatchedParts): readonly Job[] {
    const { isDiskFull, config } = this.#options
    const status = new StatusMessages(this.devices.states, this.#options.status)
    const { downAfter, lookEvery } = config
    const schedule = toSchedule(lookEvery)
    const lanes = new LaneWatch(this.alarms, downAfter)
    const getWebhooks = () => this.webhooks.reports
    const services = new ServiceWatch(this.alarms, downAfter, { ...parts, getWebhooks, isDiskFull })
    return [
      {
        name: 'alarms of lanes',
        schedule,
        run: async () => {
          services.look()
          await this.#lookAtLanes(lanes, parts)
        },
      },
      {
        name: 'alarms of devices',
        schedule,
        run: async () => {
          await this.devices.follow()
          for (const level of await parts.takeBatteries().catch(() => [])) this.devices.hearBattery(level)
          await this.devices.look()
          await status.tell()
        },
      },
      {
        name: 'what expires',
        schedule: '0 * * * * *',
        run: async () => lookForExpiries(this.alarms, this.#options.listExpiries),
      },
      {
        name: 'devices heard',
        schedule: '30 * * * * *',
        run: async () => {
          await this.devices.provision()
          await this.devices.save()
          await this.alarms.save()
        },
      },
    ]
  }

  /** Saves what is not saved. What webhooks have not taken waits for the next start. */
  async close(): Promise<void> {
    await this.webhooks.close()
    await this.alarms.save()
    await this.devices.save()
  }

  async #lookAtLanes(lanes: LaneWatch, { getLanes, getBroken }: WatchedParts): Promise<void> {
    const place = { kind: 'draining-down', subject: '' } as const
    try {
      lanes.look(await getLanes(), getBroken())
      this.alarms.close(place)
    } catch (error) {
      const message = `readings wait in the journal: ${getMessage(error)}`
      this.alarms.open({ ...place, severity: 'critical', code: 'DRAINING_RESTARTS', message })
    }
  }
}

function toSchedule(everyMs: number): string {
  const seconds = everyMs / 1_000
  return seconds === 60 ? '0 * * * * *' : `*/${seconds} * * * * *`
}
