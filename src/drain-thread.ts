/** The draining thread: opens every lane with its destination and lets the flow run. Its wires lead to draining.ts only. */
import { parentPort, workerData } from 'node:worker_threads'
import { exponentialBuckets } from 'prom-client'
import { type CarryOptions, type CompiledProfile, carryOut } from './agent.ts'
import { BucketCounts, toHistogram } from './bucket-counts.ts'
import type { DestinationConfig } from './config/config.ts'
import { compileDecoder, compileScriptDecoder } from './decode/decode.ts'
import { CODEC_LIMITS } from './decode/sandbox/codec.ts'
import { CodecPool } from './decode/sandbox/codec-pool.ts'
import type { DrainAnswers, DrainPlan, DrainRequest, LaneReport } from './draining.ts'
import { getMessage } from './errors.ts'
import { Lane } from './journal/lane.ts'
import { openLmdbEngine } from './journal/lmdb-engine.ts'
import { compileMapper } from './map/map.ts'
import type { Profile } from './profiles/profile.ts'
import type { Message, Outcome } from './reading.ts'
import { Registry, type Tenant } from './registry/registry.ts'
import { Turns } from './turns.ts'
import { createDialect } from './uplink/dialects.ts'
import { PreviewStore } from './uplink/preview-store.ts'
import { Uplink } from './uplink/uplink.ts'

/** Messages of one lane in memory at once: enough for eight full batches under way and as many being made. More only feeds the collector. */
const WINDOW_MESSAGES = 1_500
const RETRY_MS = 1_000
const DELIVERY_SECONDS = exponentialBuckets(0.005, 4, 10)

/** Entities wait as small buffers; the default pool would be used up by every twelve of them. */
Buffer.poolSize = 256 * 1024

interface OpenLane {
  readonly lane: Lane
  readonly uplink: Uplink
  readonly refusals: Map<string, number>
  readonly delivery: BucketCounts
  readonly running: Promise<void>
}

class Drain {
  readonly #plan: DrainPlan
  readonly #engine: ReturnType<typeof openLmdbEngine>
  readonly #registry: Registry
  readonly #profiles: ReadonlyMap<string, CompiledProfile>
  /** Its thread starts with the first message that is for a script. What waits there the windows of the lanes bound. */
  readonly #codecs = new CodecPool({
    threads: 1,
    limits: CODEC_LIMITS,
    onTrouble: reportCodecTrouble,
    onStartFailed: error =>
      report('error', { error: getMessage(error), msg: 'the thread for codec scripts could not be started' }),
  })
  readonly #preview = new PreviewStore()
  readonly #lanes: OpenLane[] = []
  #omitted = 0

  constructor(plan: DrainPlan) {
    this.#plan = plan
    this.#engine = openLmdbEngine(plan.journal)
    this.#registry = new Registry(plan.registry)
    this.#profiles = new Map(
      plan.profiles.map(profile => [profile.id, compileProfile(profile, this.#codecs)]),
    )
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
    getMetrics: async () => ({ omitted: this.#omitted, histograms: [this.#getDeliveryTimes()] }),
    expireQuarantine: async () => {
      for (const { lane } of this.#lanes) await lane.expireQuarantine()
    },
    close: async graceMs => {
      // What waits in the sandbox is not settled, and is decoded after the next start.
      await this.#codecs.close()
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

  async #openLane(tenant: Tenant, destination: DestinationConfig): Promise<OpenLane> {
    const place = { tenant: tenant.id, destination: destination.id }
    const lane = await Lane.open(this.#engine, {
      ...place,
      windowMessages: WINDOW_MESSAGES,
      quarantineMaxEntries: this.#plan.quarantine.maxEntries,
      quarantineRetentionMs: this.#plan.quarantine.retention,
      onSaveFailed: error =>
        report('error', { ...place, msg: 'the lane could not be saved', error: getMessage(error) }),
    })
    const address = { destination, tenant: tenant.id, brokerTenant: tenant.brokerTenant }
    const uplink = new Uplink(createDialect(address, this.#preview), {
      ...destination,
      onTrouble: trouble => reportTrouble(place, trouble),
    })
    const refusals = new Map<string, number>()
    const delivery = new BucketCounts(DELIVERY_SECONDS)
    const onSettled = ({ receivedAt, topic }: Message, outcome: Outcome) => {
      if (outcome.kind === 'delivered') delivery.add((Date.now() - receivedAt) / 1_000)
      if (outcome.kind === 'quarantined') countRefusal(refusals, place, topic, outcome)
    }
    const onOmitted = (attributes: number) => {
      this.#omitted += attributes
    }
    const across = { registry: this.#registry, profiles: this.#profiles, turns: new Turns() }
    const options = { ...across, uplink, onSettled, onOmitted }
    return { lane, uplink, refusals, delivery, running: keepCarrying(lane, options) }
  }
}

function compileProfile(profile: Profile, codecs: CodecPool): CompiledProfile {
  const map = compileMapper(profile)
  if (profile.decode.script === undefined)
    return { decode: compileDecoder(profile), decodeLater: undefined, map }
  const decodeLater = compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
  return { decode: undefined, decodeLater, map }
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

function toReport({ lane, uplink, refusals }: OpenLane): LaneReport {
  const { tenant, destination } = lane
  return {
    tenant,
    destination,
    balance: lane.getBalance(),
    ...uplink.status,
    refusals: Object.fromEntries(refusals),
  }
}

/** The first of each reason is a warning that somebody should see; the others are in the metrics and in the quarantine. */
function countRefusal(
  refusals: Map<string, number>,
  place: { readonly tenant: string; readonly destination: string },
  topic: string,
  { code, detail }: Extract<Outcome, { kind: 'quarantined' }>,
): void {
  const count = (refusals.get(code) ?? 0) + 1
  refusals.set(code, count)
  const msg = 'a message went to quarantine'
  report(count === 1 ? 'warn' : 'debug', { ...place, topic, code, detail, msg })
}

function reportTrouble(
  place: { readonly tenant: string; readonly destination: string },
  trouble?: string,
): void {
  if (trouble === undefined) report('info', { ...place, msg: 'the destination takes readings again' })
  else
    report('warn', { ...place, trouble, msg: 'the destination takes nothing; readings wait in the journal' })
}

function reportCodecTrouble(profile: string, trouble?: string): void {
  if (trouble === undefined) report('info', { profile, msg: 'the codec script of a profile works again' })
  else report('warn', { profile, trouble, msg: 'a profile is degraded: its codec script meets its limits' })
}

function report(level: 'debug' | 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>): void {
  parentPort?.postMessage({ kind: 'log', level, fields })
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
