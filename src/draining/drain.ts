/** All lanes of the agent: opens each with its destination, lets the flow run, and answers what the main thread asks. */
import { toHistogram } from '../bucket-counts.ts'
import type { DestinationConfig } from '../config/config.ts'
import type { EdgeNodeName } from '../decode/sparkplug/edge-nodes.ts'
import { RebirthRequests } from '../decode/sparkplug/rebirth.ts'
import { Egress } from '../egress/egress.ts'
import { expireBirths } from '../journal/births.ts'
import { endProcess } from '../journal/end-process.ts'
import { openLmdbEngine } from '../journal/lmdb-engine.ts'
import { withDeviceStatus } from '../profiles/device-status.ts'
import type { UsedProfile } from '../profiles/used-profile.ts'
import { toCompactData } from '../registry/compact-device.ts'
import { Registry } from '../registry/registry.ts'
import { changeDestinations, type RegistryChange } from '../registry/registry-data.ts'
import type { Shadows } from '../shadow/shadows.ts'
import { PreviewStore } from '../uplink/preview-store.ts'
import { Accesses } from './accesses.ts'
import { Batteries } from './batteries.ts'
import { compileProfile, createCodecs } from './compile-profiles.ts'
import { report } from './drain-log.ts'
import { EntityChecks } from './entity-checks.ts'
import { createIsOf } from './forget-device.ts'
import { changeLanes } from './lane-changes.ts'
import { toReport } from './lane-counts.ts'
import { LaneOrders } from './lane-orders.ts'
import { type LaneSurroundings, type OpenLane, openLane } from './open-lane.ts'
import { createShadows } from './open-shadows.ts'
import { type LanePlan, planLanes, shareQuarantine } from './plan-lanes.ts'
import { Probes } from './probes.ts'
import type { DrainAnswers, DrainPlan, DrainReport } from './protocol.ts'
import { Tail } from './tail.ts'
import { TenantProfiles } from './tenant-profiles.ts'

export class Drain {
  readonly #plan: Omit<DrainPlan, 'registry'>
  readonly #tell: (told: DrainReport) => void
  readonly #engine: ReturnType<typeof openLmdbEngine>
  readonly #registry: Registry
  #profiles: TenantProfiles
  readonly #codecs = createCodecs()
  readonly #batteries = new Batteries()
  readonly #preview = new PreviewStore()
  readonly #rebirths = new RebirthRequests()
  readonly #egress: Egress
  readonly #accesses: Accesses
  readonly #probes = new Probes()
  readonly #lanes: OpenLane[] = []
  readonly #heads = new Map<string, number>()
  readonly #orders: LaneOrders<OpenLane>
  readonly #checks: EntityChecks
  readonly #tail: Tail
  readonly #shadows: Shadows
  readonly #surroundings: LaneSurroundings
  #destinations: readonly DestinationConfig[]
  #omitted = 0
  #closedAddresses = 0

  /** `tell` reaches the main thread. */
  constructor({ registry, ...plan }: DrainPlan, tell: (told: DrainReport) => void) {
    this.#plan = plan
    this.#tell = tell
    this.#egress = new Egress(plan.egress, () => {
      this.#closedAddresses += 1
    })
    this.#accesses = new Accesses(this.#egress)
    this.#engine = openLmdbEngine(plan.journal, endProcess)
    this.#registry = new Registry(toCompactData(registry))
    this.#destinations = plan.destinations
    this.#profiles = this.#compile(plan.profiles)
    this.#orders = new LaneOrders(this.#engine, this.#lanes, closed => this.#reopenLane(closed.plan, closed))
    this.#checks = new EntityChecks(plan.validation)
    this.#checks.use(withDeviceStatus(plan.profiles))
    this.#tail = new Tail(tail => tell({ kind: 'tail', tail }))
    this.#tail.listen(plan.tail)
    const { validation } = plan
    this.#shadows = createShadows({ engine: this.#engine, registry: this.#registry, validation })
    this.#surroundings = this.#createSurroundings()
  }

  async openLanes(): Promise<void> {
    await this.#shadows.use(this.#plan.shadows)
    for (const plan of this.#planLanes()) {
      this.#lanes.push(await openLane(plan, this.#surroundings))
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
      closedAddresses: this.#closedAddresses,
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
    takeBatteries: async () => this.#batteries.take(),
    listen: async filters => this.#tail.listen(filters),
    useProfiles: profiles => this.#orders.inTurn(() => this.#useProfiles(profiles)),
    applyChanges: changes => this.#orders.inTurn(() => this.#applyChanges(changes)),
    useEgress: async plan => this.#egress.use(plan),
    useShadows: plans => this.#orders.inTurn(() => this.#shadows.use(plans)),
    getShadows: () => this.#shadows.report(),
    saveLane: lane => this.#orders.save(lane),
    replayQuarantine: order => this.#orders.replay(order),
    discardQuarantine: order => this.#orders.discard(order),
    rewindLane: order => this.#orders.rewind(order),
    forgetDevice: async order => {
      const forgotten = await this.#orders.forget(order, createIsOf(order, this.#registry))
      const previews = this.#preview.remove(order.tenant, order.entityIds, order.dryRun)
      return { ...forgotten, previews }
    },
    expireQuarantine: async () => {
      await this.#orders.expire()
      for (const { id } of this.#registry.tenants) await expireBirths(this.#engine, id)
    },
    close: async graceMs => {
      // What waits in the sandbox is not settled, and is decoded after the next start.
      await this.#codecs.close()
      await this.#shadows.close()
      this.#probes.close()
      this.#accesses.close()
      const ended = this.#orders.inTurn(() =>
        Promise.all(this.#lanes.flatMap(({ uplink, times }) => [uplink.close(), times.closeTemporal()])),
      )
      await Promise.race([ended, new Promise(resolve => setTimeout(resolve, graceMs))])
      await Promise.all(this.#lanes.map(({ replays }) => replays.close()))
      await Promise.all(this.#lanes.map(({ lane }) => lane.close()))
      await Promise.all(this.#lanes.map(({ running }) => running))
      await Promise.all(this.#lanes.map(({ times }) => times.close()))
      await this.#engine.close()
    },
  }

  #createSurroundings(): LaneSurroundings {
    const getQuarantine = () => shareQuarantine(this.#plan.quarantine, this.#planLanes().length)
    return {
      get quarantine() {
        return getQuarantine()
      },
      engine: this.#engine,
      registry: this.#registry,
      publicUrl: this.#plan.publicUrl,
      preview: this.#preview,
      accesses: this.#accesses,
      probes: this.#probes,
      checks: this.#checks,
      tail: this.#tail,
      shadows: this.#shadows,
      useProfiles: lane => {
        const { profiles, compiled } = this.#profiles.of(lane.tenant)
        return lane.use(profiles, compiled)
      },
      onOmitted: attributes => {
        this.#omitted += attributes
      },
      onRebirthNeeded: (tenant, edgeNode, reason) => this.#requestRebirth(tenant, edgeNode, reason),
    }
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
    this.#tell({ kind: 'command', command: { tenant, ...request } })
  }

  #compile(profiles: readonly UsedProfile[]): TenantProfiles {
    return new TenantProfiles(withDeviceStatus(profiles), profile =>
      compileProfile(profile, this.#codecs, this.#batteries),
    )
  }

  async #useProfiles(profiles: readonly UsedProfile[]): Promise<void> {
    this.#checks.use(withDeviceStatus(profiles))
    this.#profiles = this.#compile(profiles)
    for (const lane of this.#lanes) await this.#surroundings.useProfiles(lane.profiles)
  }

  #planLanes(): readonly LanePlan[] {
    return planLanes(this.#registry, this.#destinations)
  }

  async #applyChanges(changes: readonly RegistryChange[]): Promise<void> {
    this.#registry.apply(changes)
    if (changes.every(({ kind }) => kind === 'device')) return
    this.#destinations = changeDestinations(this.#destinations, changes)
    await changeLanes(this.#lanes, this.#planLanes(), {
      open: (plan, closed) => this.#reopenLane(plan, closed),
      forget: destination => {
        this.#accesses.forget(destination)
        this.#probes.forget(destination)
      },
    })
    for (const { kind, id, value } of changes)
      if (kind === 'tenant' && value === undefined) this.#preview.forgetTenant(id)
    for (const { lane } of this.#lanes) lane.boundQuarantine(this.#surroundings.quarantine.maxBytes)
  }

  async #reopenLane(plan: LanePlan, closed: OpenLane | undefined): Promise<OpenLane> {
    const open = await openLane(plan, this.#surroundings, closed?.counts)
    open.lane.announce(this.#heads.get(open.lane.tenant) ?? 0)
    return open
  }
}
