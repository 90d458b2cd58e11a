/** The draining thread: opens every lane with its destination and lets the flow run. Its wires lead to draining.ts only. */
import { parentPort, workerData } from 'node:worker_threads'
import { type CarryOptions, type CompiledProfile, carryOut } from '../agent.ts'
import { toHistogram } from '../bucket-counts.ts'
import type { DestinationConfig } from '../config/config.ts'
import type { EdgeNodeName } from '../decode/sparkplug/edge-nodes.ts'
import { RebirthRequests } from '../decode/sparkplug/rebirth.ts'
import { getMessage } from '../errors.ts'
import { expireBirths, loadBirths } from '../journal/births.ts'
import { Lane } from '../journal/lane.ts'
import { openLmdbEngine } from '../journal/lmdb-engine.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Message, Outcome } from '../reading.ts'
import { Registry, type Tenant } from '../registry/registry.ts'
import { createDialect } from '../uplink/dialects.ts'
import { PreviewStore } from '../uplink/preview-store.ts'
import { Uplink } from '../uplink/uplink.ts'
import { Accesses } from './accesses.ts'
import { compileProfiles, createCodecs } from './compile-profiles.ts'
import { countRefusal, report, reportTrouble } from './drain-log.ts'
import type { DrainAnswers, DrainPlan, DrainRequest } from './draining.ts'
import { EntityChecks } from './entity-checks.ts'
import { LaneCounts, toReport } from './lane-counts.ts'
import { clearAlarms, LaneOrders, type OrderedLane } from './lane-orders.ts'
import { LaneProfiles, type LaneProfilesOptions } from './lane-profiles.ts'
import { Replays } from './replays.ts'
import { Turns } from './turns.ts'

/** Messages of one lane in memory at once: enough for eight full batches under way and as many being made. More only feeds the collector. */
const WINDOW_MESSAGES = 1_500
const RETRY_MS = 1_000

/** Entities wait as small buffers; the default pool would be used up by every twelve of them. */
Buffer.poolSize = 256 * 1024

interface OpenLane extends OrderedLane {
  readonly tenant: Tenant
  readonly destination: DestinationConfig
  readonly uplink: Uplink
  readonly profiles: LaneProfiles
  readonly counts: LaneCounts
}

class Drain {
  readonly #plan: DrainPlan
  readonly #engine: ReturnType<typeof openLmdbEngine>
  readonly #registry: Registry
  #profiles: readonly Profile[]
  #compiled: ReadonlyMap<string, CompiledProfile>
  readonly #codecs = createCodecs()
  readonly #preview = new PreviewStore()
  readonly #rebirths = new RebirthRequests()
  readonly #accesses = new Accesses()
  readonly #lanes: OpenLane[] = []
  readonly #heads = new Map<string, number>()
  readonly #orders: LaneOrders<OpenLane>
  readonly #checks: EntityChecks
  #omitted = 0

  constructor(plan: DrainPlan) {
    this.#plan = plan
    this.#engine = openLmdbEngine(plan.journal)
    this.#registry = new Registry(plan.registry)
    this.#profiles = plan.profiles
    this.#compiled = compileProfiles(plan.profiles, this.#codecs)
    this.#orders = new LaneOrders(this.#engine, this.#lanes, closed => this.#reopenLane(closed))
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
    this.#heads.set(tenant, head)
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
    useProfiles: profiles => this.#orders.inTurn(() => this.#useProfiles(profiles)),
    replayQuarantine: order => this.#orders.replay(order),
    discardQuarantine: order => this.#orders.discard(order),
    rewindLane: order => this.#orders.rewind(order),
    expireQuarantine: async () => {
      await this.#orders.expire()
      for (const { id } of this.#registry.tenants) await expireBirths(this.#engine, id)
    },
    close: async graceMs => {
      // What waits in the sandbox is not settled, and is decoded after the next start.
      await this.#codecs.close()
      this.#accesses.close()
      const ended = this.#orders.inTurn(() => Promise.all(this.#lanes.map(({ uplink }) => uplink.close())))
      await Promise.race([ended, new Promise(resolve => setTimeout(resolve, graceMs))])
      await Promise.all(this.#lanes.map(({ replays }) => replays.close()))
      await Promise.all(this.#lanes.map(({ lane }) => lane.close()))
      await Promise.all(this.#lanes.map(({ running }) => running))
      await this.#engine.close()
    },
  }

  #getDeliveryTimes() {
    const name = 'tromost_delivery_seconds'
    const values = this.#lanes.map(({ lane: { tenant, destination }, counts }) =>
      counts.delivery.toValues(name, { tenant, destination }),
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

  async #useProfiles(profiles: readonly Profile[]): Promise<void> {
    this.#checks.use(profiles)
    this.#profiles = profiles
    this.#compiled = compileProfiles(profiles, this.#codecs)
    for (const lane of this.#lanes) await lane.profiles.use(profiles, this.#compiled)
  }

  async #reopenLane({ tenant, destination, counts }: OpenLane): Promise<OpenLane> {
    const open = await this.#openLane(tenant, destination, counts)
    open.lane.announce(this.#heads.get(tenant.id) ?? 0)
    return open
  }

  async #openLane(
    tenant: Tenant,
    destination: DestinationConfig,
    counts: LaneCounts = new LaneCounts(),
  ): Promise<OpenLane> {
    const place = { tenant: tenant.id, destination: destination.id }
    const lane = await Lane.open(this.#engine, {
      ...place,
      windowMessages: WINDOW_MESSAGES,
      quarantineMaxEntries: this.#plan.quarantine.maxEntries,
      quarantineRetentionMs: this.#plan.quarantine.retention,
      onSaveFailed: error =>
        report('error', { ...place, msg: 'the lane could not be saved', error: getMessage(error) }),
    })
    const access = this.#accesses.open(destination)
    const address = { destination, tenant: tenant.id, brokerTenant: tenant.brokerTenant, access }
    const uplink = new Uplink(createDialect(address, this.#preview), {
      ...destination,
      onTrouble: trouble => reportTrouble(place, trouble),
    })
    this.#accesses.onChange(destination, () => uplink.retryNow())
    const openProfiles = async (options: Omit<LaneProfilesOptions, 'registry'>) => {
      const profiles = new LaneProfiles({ ...options, registry: this.#registry })
      await profiles.use(this.#profiles, this.#compiled)
      return profiles
    }
    const profiles = await openProfiles({
      lane,
      loadBirths: () => loadBirths(this.#engine, tenant.id, lane.position),
      onRebirthNeeded: (edgeNode, reason) => this.#requestRebirth(tenant.id, edgeNode, reason),
    })
    const onSettled = (message: Message, outcome: Outcome) => {
      if (outcome.kind === 'delivered') counts.delivery.add((Date.now() - message.receivedAt) / 1_000)
      if (outcome.kind !== 'quarantined') return
      countRefusal(counts, place, message.topic, outcome)
      if (outcome.code === 'DEVICE_UNKNOWN') profiles.hear(message)
    }
    const onOmitted = (attributes: number) => {
      this.#omitted += attributes
    }
    const options = {
      registry: this.#registry,
      profiles,
      uplink,
      turns: new Turns(),
      checks: this.#checks,
      onSettled,
      onOmitted,
    }
    const onEnd = () => clearAlarms({ lane, alarms: counts.alarms })
    const replays = new Replays({ engine: this.#engine, lane, options, openProfiles, onEnd })
    const running = keepCarrying(lane, options)
    const { alarms } = counts
    return { tenant, destination, lane, uplink, profiles, replays, counts, alarms, running }
  }
}

/** A lane that cannot read its journal says so and tries again; the others do not notice. */
async function keepCarrying(lane: Lane, options: CarryOptions): Promise<void> {
  try {
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
