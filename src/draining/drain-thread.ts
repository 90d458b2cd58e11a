/** The draining thread: opens every lane with its destination and lets the flow run. Its wires lead to draining.ts only. */
import { parentPort, workerData } from 'node:worker_threads'
import { exponentialBuckets } from 'prom-client'
import { type CarryOptions, type CompiledProfile, carryOut } from '../agent.ts'
import { BucketCounts, toHistogram } from '../bucket-counts.ts'
import type { DestinationConfig } from '../config/config.ts'
import type { EdgeNodeName } from '../decode/sparkplug/edge-nodes.ts'
import { RebirthRequests } from '../decode/sparkplug/rebirth.ts'
import { getMessage } from '../errors.ts'
import { expireBirths } from '../journal/births.ts'
import { Lane } from '../journal/lane.ts'
import { openLmdbEngine } from '../journal/lmdb-engine.ts'
import type { Message, MessageIdentity, Outcome } from '../reading.ts'
import { Registry, type Tenant } from '../registry/registry.ts'
import { createDialect } from '../uplink/dialects.ts'
import { PreviewStore } from '../uplink/preview-store.ts'
import { Uplink } from '../uplink/uplink.ts'
import { Accesses } from './accesses.ts'
import { compileProfiles, createCodecs } from './compile-profiles.ts'
import { countRefusal, report, reportTrouble } from './drain-log.ts'
import type { DrainAnswers, DrainPlan, DrainRequest, LaneReport } from './draining.ts'
import { EntityChecks } from './entity-checks.ts'
import { LaneProfiles } from './lane-profiles.ts'
import { LaneTimes } from './lane-times.ts'
import { Turns } from './turns.ts'

/** Messages of one lane in memory at once: enough for eight full batches under way and as many being made. More only feeds the collector. */
const WINDOW_MESSAGES = 1_500
const RETRY_MS = 1_000
const DELIVERY_SECONDS = exponentialBuckets(0.005, 4, 10)

/** Entities wait as small buffers; the default pool would be used up by every twelve of them. */
Buffer.poolSize = 256 * 1024

interface OpenLane {
  readonly lane: Lane
  readonly uplink: Uplink
  readonly profiles: LaneProfiles
  readonly times: LaneTimes
  readonly refusals: Map<string, number>
  readonly delivery: BucketCounts
  readonly running: Promise<void>
}

class Drain {
  readonly #plan: DrainPlan
  readonly #engine: ReturnType<typeof openLmdbEngine>
  readonly #registry: Registry
  readonly #compiled: ReadonlyMap<string, CompiledProfile>
  readonly #codecs = createCodecs()
  readonly #preview = new PreviewStore()
  readonly #rebirths = new RebirthRequests()
  readonly #accesses = new Accesses()
  readonly #lanes: OpenLane[] = []
  readonly #checks: EntityChecks
  #omitted = 0

  constructor(plan: DrainPlan) {
    this.#plan = plan
    this.#engine = openLmdbEngine(plan.journal)
    this.#registry = new Registry(plan.registry)
    this.#compiled = compileProfiles(plan.profiles, this.#codecs)
    this.#checks = new EntityChecks(plan.validation)
    this.#checks.use(plan.profiles)
  }

  async openLanes(): Promise<void> {
    for (const tenant of this.#registry.tenants) {
      for (const id of tenant.destinations) {
        const destination = this.#plan.destinations.find(candidate => candidate.id === id)
        if (destination !== undefined) this.#lanes.push(await this.#openLane(tenant, destination))
      }
    }
  }

  announce(tenant: string, head: number): void {
    for (const { lane } of this.#lanes) {
      if (lane.tenant === tenant) lane.announce(head)
    }
  }

  readonly answers: DrainAnswers = {
    getLanes: async () => this.#lanes.map(toReport),
    listEntities: async query => this.#preview.list(query),
    getMetrics: async () => ({
      omitted: this.#omitted,
      invalid: this.#checks.invalid,
      histograms: [this.#getDeliveryTimes()],
    }),
    useProfiles: async profiles => {
      this.#checks.use(profiles)
      const compiled = compileProfiles(profiles, this.#codecs)
      for (const lane of this.#lanes) await lane.profiles.use(profiles, compiled)
    },
    expireQuarantine: async () => {
      for (const { lane } of this.#lanes) await lane.expireQuarantine()
      for (const { id } of this.#registry.tenants) await expireBirths(this.#engine, id)
    },
    close: async graceMs => {
      // What waits in the sandbox is not settled, and is decoded after the next start.
      await this.#codecs.close()
      this.#accesses.close()
      const ended = Promise.all(
        this.#lanes.flatMap(({ uplink, times }) => [uplink.close(), times.closeTemporal()]),
      )
      await Promise.race([ended, new Promise(resolve => setTimeout(resolve, graceMs))])
      await Promise.all(this.#lanes.map(({ lane }) => lane.close()))
      await Promise.all(this.#lanes.map(({ running }) => running))
      await Promise.all(this.#lanes.map(({ times }) => times.close()))
      await this.#engine.close()
    },
  }

  #getDeliveryTimes() {
    const name = 'tromost_delivery_seconds'
    const values = this.#lanes.map(({ lane: { tenant, destination }, delivery }) =>
      delivery.toValues(name, { tenant, destination }),
    )
    return toHistogram(name, 'From PUBLISH to the confirmation of the destination.', values)
  }

  /** Whichever lane finds it: an edge node announces itself for all of them. */
  #requestRebirth(tenant: string, edgeNode: EdgeNodeName, reason: string): void {
    const request = this.#rebirths.create(edgeNode, Date.now())
    if (request === undefined) return
    report('info', {
      tenant,
      topic: request.topic,
      reason,
      msg: 'an edge node is asked to announce itself again',
    })
    parentPort?.postMessage({ kind: 'publish', ...request })
  }

  async #openLane(tenant: Tenant, destination: DestinationConfig): Promise<OpenLane> {
    const place = { tenant: tenant.id, destination: destination.id }
    const access = this.#accesses.open(destination)
    const address = { destination, tenant: tenant.id, brokerTenant: tenant.brokerTenant, access }
    const times = await LaneTimes.open({ engine: this.#engine, tenant, destination, address })
    const lane = await Lane.open(this.#engine, {
      ...place,
      companion: times.companion,
      windowMessages: WINDOW_MESSAGES,
      quarantineMaxEntries: this.#plan.quarantine.maxEntries,
      quarantineRetentionMs: this.#plan.quarantine.retention,
      onSaveFailed: error =>
        report('error', { ...place, msg: 'the lane could not be saved', error: getMessage(error) }),
    })
    const uplink = new Uplink(createDialect(address, this.#preview), {
      ...destination,
      onTrouble: trouble => reportTrouble(place, trouble),
    })
    this.#accesses.onChange(destination, () => uplink.retryNow())
    const refusals = new Map<string, number>()
    const delivery = new BucketCounts(DELIVERY_SECONDS)
    const profiles = new LaneProfiles({
      engine: this.#engine,
      lane,
      registry: this.#registry,
      onRebirthNeeded: (edgeNode, reason) => this.#requestRebirth(tenant.id, edgeNode, reason),
    })
    await profiles.use(this.#plan.profiles, this.#compiled)
    const onSettled = (message: Message, outcome: Outcome, position: number) => {
      if (outcome.kind === 'delivered') delivery.add((Date.now() - message.receivedAt) / 1_000)
      if (outcome.kind !== 'quarantined') return
      if (outcome.code !== 'DECODE_PARTIAL') times.fall(position)
      countRefusal(refusals, place, message.topic, outcome)
      if (outcome.code === 'DEVICE_UNKNOWN') profiles.hear(message)
    }
    const onOmitted = (attributes: number) => {
      this.#omitted += attributes
    }
    const options = {
      registry: this.#registry,
      profiles,
      uplink: times.createUplink(uplink),
      turns: new Turns(),
      repeats: times.repeats,
      checks: this.#checks,
      onSettled,
      onOmitted,
      onDoubtfulTime: (time: string) => times.doubt(time),
    }
    const running = keepCarrying(lane, options, times)
    return { lane, uplink, profiles, times, refusals, delivery, running }
  }
}

/** A lane that cannot read its journal says so and tries again; the others do not notice. */
async function keepCarrying(lane: Lane, options: CarryOptions, times?: LaneTimes): Promise<void> {
  try {
    await times?.recall(message => identify(message, options))
    await carryOut(lane, options)
  } catch (error) {
    const { tenant, destination } = lane
    report('error', {
      tenant,
      destination,
      error: getMessage(error),
      msg: 'the lane cannot read its journal',
    })
    await new Promise(resolve => setTimeout(resolve, RETRY_MS))
    await keepCarrying(lane, options)
  }
}

function identify(message: Message, { registry, profiles }: CarryOptions): MessageIdentity | undefined {
  const { device } = registry.resolve(message.tenant, message.topic)
  return device === undefined ? undefined : profiles.get(device.profile)?.identify?.(message)
}

function toReport({ lane, uplink, refusals, times }: OpenLane): LaneReport {
  const { tenant, destination } = lane
  return {
    tenant,
    destination,
    balance: lane.getBalance(),
    ...uplink.status,
    ...times.counts,
    refusals: Object.fromEntries(refusals),
  }
}

const drain = new Drain(workerData as DrainPlan)
await drain.openLanes()

parentPort?.on('message', async (request: DrainRequest) => {
  if (request.kind === 'announce') {
    drain.announce(request.tenant, request.head)
    return
  }
  try {
    const value = await drain.answers[request.question](request.argument as never)
    parentPort?.postMessage({ kind: 'answer', id: request.id, value })
  } catch (error) {
    parentPort?.postMessage({ kind: 'answer', id: request.id, error: getMessage(error) })
  }
})
parentPort?.postMessage({ kind: 'ready' })
