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
import type { Message, Outcome } from '../reading.ts'
import { Registry, type Tenant } from '../registry/registry.ts'
import { createDialect } from '../uplink/dialects.ts'
import { PreviewStore } from '../uplink/preview-store.ts'
import type { BrokerFacts } from '../uplink/probe.ts'
import { Uplink } from '../uplink/uplink.ts'
import { Accesses } from './accesses.ts'
import { compileProfiles, createCodecs } from './compile-profiles.ts'
import { countRefusal, report, reportTrouble } from './drain-log.ts'
import type { DrainAnswers, DrainPlan, DrainRequest, LaneReport } from './draining.ts'
import { EntityChecks } from './entity-checks.ts'
import { Fates } from './fates.ts'
import { LaneProfiles } from './lane-profiles.ts'
import { Probes } from './probes.ts'
import { Tail } from './tail.ts'
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
  readonly getBroker: () => BrokerFacts | undefined
  readonly profiles: LaneProfiles
  readonly refusals: Map<string, number>
  readonly delivery: BucketCounts
  readonly fates: Fates
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
  readonly #probes = new Probes()
  readonly #lanes: OpenLane[] = []
  readonly #checks: EntityChecks
  readonly #tail = new Tail(tail => parentPort?.postMessage({ kind: 'tail', tail }))
  #omitted = 0

  constructor(plan: DrainPlan) {
    this.#plan = plan
    this.#engine = openLmdbEngine(plan.journal)
    this.#registry = new Registry(plan.registry)
    this.#compiled = compileProfiles(plan.profiles, this.#codecs)
    this.#checks = new EntityChecks(plan.validation)
    this.#checks.use(plan.profiles)
    this.#tail.listen(plan.tail)
  }

  async openLanes(): Promise<void> {
    for (const tenant of this.#registry.tenants) {
      for (const { id, types } of tenant.destinations) {
        const destination = this.#plan.destinations.find(candidate => candidate.id === id)
        if (destination !== undefined) this.#lanes.push(await this.#openLane(tenant, destination, types))
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
    findFates: async ({ tenant, messages }) =>
      this.#lanes
        .filter(({ lane }) => lane.tenant === tenant)
        .map(({ lane, uplink, fates }) => ({
          destination: lane.destination,
          position: lane.getBalance().position,
          trouble: uplink.status.trouble,
          fates: messages.map(({ position, ids, receivedAt }) => fates.find(position, ids, receivedAt)),
        })),
    listen: async filters => this.#tail.listen(filters),
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
      this.#probes.close()
      this.#accesses.close()
      const ended = Promise.all(this.#lanes.map(({ uplink }) => uplink.close()))
      await Promise.race([ended, new Promise(resolve => setTimeout(resolve, graceMs))])
      await Promise.all(this.#lanes.map(({ lane }) => lane.close()))
      await Promise.all(this.#lanes.map(({ running }) => running))
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

  async #openLane(
    tenant: Tenant,
    destination: DestinationConfig,
    types: readonly string[] | undefined,
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
    const { publicUrl } = this.#plan
    const access = this.#accesses.open(destination)
    const { brokerTenant, brokerPath } = tenant
    const address = { destination, tenant: tenant.id, brokerTenant, brokerPath, publicUrl, access }
    const fates = new Fates()
    const uplink = new Uplink(fates.watch(createDialect(address, this.#preview)), {
      ...destination,
      onTrouble: trouble => {
        reportTrouble(place, trouble)
        // Whoever comes back may be another version, or another broker.
        if (trouble === undefined) this.#probes.ask(address)
      },
    })
    this.#probes.ask(address)
    this.#accesses.onChange(destination, () => uplink.retryNow())
    const refusals = new Map<string, number>()
    const delivery = new BucketCounts(DELIVERY_SECONDS)
    const profiles = new LaneProfiles({
      engine: this.#engine,
      lane,
      registry: this.#registry,
      types,
      onRebirthNeeded: (edgeNode, reason) => this.#requestRebirth(tenant.id, edgeNode, reason),
    })
    await profiles.use(this.#plan.profiles, this.#compiled)
    const onSettled = (message: Message, outcome: Outcome, position: number) => {
      const now = Date.now()
      fates.settle(position, outcome, now)
      this.#tail.settle(destination.id, position, message, outcome)
      if (outcome.kind === 'delivered') delivery.add((now - message.receivedAt) / 1_000)
      if (outcome.kind !== 'quarantined') return
      countRefusal(refusals, place, message.topic, outcome)
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
    return {
      lane,
      uplink,
      getBroker: () => this.#probes.get(address),
      profiles,
      refusals,
      delivery,
      fates,
      running: keepCarrying(lane, options),
    }
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

function toReport({ lane, uplink, getBroker, refusals }: OpenLane): LaneReport {
  const broker = getBroker()
  const { tenant, destination } = lane
  return {
    tenant,
    destination,
    balance: lane.getBalance(),
    ...uplink.status,
    ...(broker && { broker }),
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
