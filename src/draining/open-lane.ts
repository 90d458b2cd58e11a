/** Opens one lane with everything on its way: profiles, uplink, probe, replays and what is counted. */
import { carryOut } from '../agent.ts'
import type { QuarantineConfig } from '../config/config.ts'
import type { EdgeNodeName } from '../decode/sparkplug/edge-nodes.ts'
import { getMessage } from '../errors.ts'
import { loadBirths } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import { Lane } from '../journal/lane.ts'
import { nameProfile } from '../profiles/used-profile.ts'
import type { Message, MessageIdentity, Outcome } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import type { Shadows } from '../shadow/shadows.ts'
import { getNow } from '../turn-clock.ts'
import { type DeliveryAddress, toDeliveryAddress } from '../uplink/dialect.ts'
import { createDialect } from '../uplink/dialects.ts'
import type { PreviewStore } from '../uplink/preview-store.ts'
import type { BrokerFacts } from '../uplink/probe.ts'
import { Uplink } from '../uplink/uplink.ts'
import type { Accesses } from './accesses.ts'
import type { CarryOptions } from './carried.ts'
import { countRefusal, report, reportTrouble } from './drain-log.ts'
import type { EntityChecks } from './entity-checks.ts'
import { Fates } from './fates.ts'
import { KnownDevices } from './known-devices.ts'
import { LaneCounts } from './lane-counts.ts'
import { clearAlarms, type OrderedLane } from './lane-orders.ts'
import { LaneProfiles, type LaneProfilesOptions } from './lane-profiles.ts'
import { LaneTimes } from './lane-times.ts'
import type { LanePlan } from './plan-lanes.ts'
import type { Probes } from './probes.ts'
import { Replays } from './replays.ts'
import type { Tail } from './tail.ts'
import { Turns } from './turns.ts'

/** Messages of one lane in memory at once: enough for eight full batches under way and as many being made. More only feeds the collector. */
const WINDOW_MESSAGES = 1_500
const RETRY_MS = 1_000

/** What all lanes share. */
export interface LaneSurroundings {
  readonly engine: Engine
  readonly registry: Registry
  /** For each lane. */
  readonly quarantine: QuarantineConfig
  readonly publicUrl: string | undefined
  readonly preview: PreviewStore
  readonly accesses: Accesses
  readonly probes: Probes
  readonly checks: EntityChecks
  readonly tail: Tail
  readonly shadows: Shadows
  /** Puts the profiles that are in use now to the use of a lane. */
  readonly useProfiles: (lane: LaneProfiles) => Promise<void>
  readonly onOmitted: (attributes: number) => void
  readonly onRebirthNeeded: (tenant: string, edgeNode: EdgeNodeName, reason: string) => void
}

export interface OpenLane extends OrderedLane {
  readonly plan: LanePlan
  readonly uplink: Uplink
  readonly profiles: LaneProfiles
  readonly counts: LaneCounts
  readonly times: LaneTimes
  readonly fates: Fates
  readonly getBroker: () => BrokerFacts | undefined
}

/** `counts` are those that it had when it was open before. */
export async function openLane(
  plan: LanePlan,
  surroundings: LaneSurroundings,
  counts: LaneCounts = new LaneCounts(),
): Promise<OpenLane> {
  const { engine, registry, checks, shadows, onOmitted } = surroundings
  const { tenant, destination } = plan
  const access = surroundings.accesses.open(destination)
  const { publicUrl } = surroundings
  const address = toDeliveryAddress(tenant, { destination, publicUrl, access })
  const times = await LaneTimes.open({ ...plan, engine, address })
  const lane = await openJournalLane(plan, surroundings, times)
  const fates = new Fates()
  const { uplink, forgetAccess } = openUplink(address, surroundings, fates)
  const getBroker = () => surroundings.probes.get(address)
  const openProfiles = async (options: Omit<LaneProfilesOptions, 'registry' | 'types'>) => {
    const opened = new LaneProfiles({ ...options, registry, types: plan.types })
    await surroundings.useProfiles(opened)
    return opened
  }
  const profiles = await openProfiles({
    lane,
    loadBirths: () => loadBirths(engine, lane.tenant, lane.position),
    onRebirthNeeded: (edgeNode, reason) => surroundings.onRebirthNeeded(lane.tenant, edgeNode, reason),
  })
  const onSettled = (message: Message, outcome: Outcome, position: number) => {
    const now = getNow()
    fates.settle(position, outcome, now)
    surroundings.tail.settle(lane.destination, position, message, outcome)
    if (outcome.kind === 'delivered') counts.delivery.add((now - message.receivedAt) / 1_000)
    if (outcome.kind !== 'quarantined') return
    if (outcome.code !== 'DECODE_PARTIAL') times.fall(position)
    countRefusal(counts, lane, message.topic, outcome)
    if (outcome.code === 'DEVICE_UNKNOWN') profiles.hear(message)
  }
  const options = {
    ...{ profiles, checks, shadows, onSettled, onOmitted },
    uplink: times.createUplink(uplink),
    devices: new KnownDevices(registry),
    turns: new Turns(),
    repeats: times.repeats,
    onDoubtfulTime: (time: string) => times.doubt(time),
  }
  const onEnd = () => clearAlarms({ lane, counts })
  const replays = new Replays({ engine, lane, options, openProfiles, onEnd })
  const running = keepCarrying(lane, options, times)
  return {
    plan,
    lane,
    uplink,
    profiles,
    replays,
    counts,
    times,
    fates,
    getBroker,
    forgetAccess,
    running,
  }
}

function openJournalLane(
  { tenant, destination }: LanePlan,
  { engine, quarantine }: LaneSurroundings,
  { companion }: LaneTimes,
): Promise<Lane> {
  const place = { tenant: tenant.id, destination: destination.id }
  return Lane.open(engine, {
    ...place,
    companion,
    windowMessages: WINDOW_MESSAGES,
    quarantineMaxEntries: quarantine.maxEntries,
    quarantineMaxBytes: quarantine.maxBytes,
    quarantineRetentionMs: quarantine.retention,
    onSaveFailed: error =>
      report('error', { ...place, msg: 'the lane could not be saved', error: getMessage(error) }),
  })
}

function openUplink(
  address: DeliveryAddress,
  { accesses, probes, preview }: LaneSurroundings,
  fates: Fates,
): { readonly uplink: Uplink; readonly forgetAccess: () => void } {
  const { destination, tenant } = address
  const uplink = new Uplink(fates.watch(createDialect(address, preview)), {
    ...destination,
    onTrouble: trouble => {
      reportTrouble({ tenant, destination: destination.id }, trouble)
      // Whoever comes back may be another version, or another broker.
      if (trouble === undefined) probes.ask(address)
    },
  })
  probes.ask(address)
  const forgetAccess = accesses.onChange(destination, () => uplink.retryNow())
  return { uplink, forgetAccess }
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

function identify(message: Message, { devices, profiles }: CarryOptions): MessageIdentity | undefined {
  const device = devices.find(message)?.device
  return device === undefined ? undefined : profiles.get(nameProfile(device))?.identify?.(message)
}
