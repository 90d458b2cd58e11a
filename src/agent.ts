/**
 * THE FLOW of one reading, on one screen:
 *
 *   sensor ─▶ ingest ─▶ journal ─▶ decode ─▶ map ─▶ uplink ─▶ context broker
 *               ▲          │ fsync                    └─▶ quarantine
 *               └─ PUBACK ─┘
 *
 * `takeIn` runs on the main thread and `carryOut` on the draining thread. Between them there is only the journal on disk and a
 * signal that there is more in it, so that neither a slow profile nor a slow broker ever delays a PUBACK.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Decode, DecodeLater } from './decode/decode.ts'
import type { Identify } from './decode/identify.ts'
import { PartlyDecoded } from './decode/partly-decoded.ts'
import type { Repeats } from './draining/repeats.ts'
import type { TimelyUplink } from './draining/timely-uplink.ts'
import type { Turns } from './draining/turns.ts'
import { getMessage, TromostError } from './errors.ts'
import { openBridges } from './ingest/bridges/bridges.ts'
import { openIngest } from './ingest/ingest.ts'
import { openMeasures } from './ingest/measures/measures.ts'
import { joinWays, type WaysIn, type WaysInOptions } from './ingest/ways-in.ts'
import type { Journal } from './journal/journal.ts'
import type { LaneMessage } from './journal/lane.ts'
import type { MapReading } from './map/map.ts'
import type { Device, EntityText, Message, Outcome, Reading, StoreMessage } from './reading.ts'
import type { Registry } from './registry/registry.ts'
import type { CheckEntity } from './validation/check-entity.ts'

/** In: what a sensor sends goes to the journal as it came, and is acknowledged when it is on disk. Three ways lead there. */
export async function takeIn(journal: Journal, options: WaysInOptions): Promise<WaysIn> {
  const store: StoreMessage = (message, done) => journal.append(message, done)
  const passAfter = (tenant: string, done: () => void) => journal.passAfter(tenant, done)
  const broker = await openIngest({ ...options, store, passAfter })
  const measures = await openMeasures({ ...options, store }).catch(async error => {
    await broker.close()
    throw error
  })
  const bridges = openBridges({ ...options, store, passAfter })
  return joinWays({ broker, measures, bridges })
}

/** A device type, ready to use: its two halves are compiled once. Only a codec script decodes later, in the sandbox. */
export type CompiledProfile = {
  readonly map: MapReading
  readonly identify?: Identify
  /** What it decodes depends on what it has decoded before. */
  readonly isStateful?: boolean
} & (
  | { readonly decode: Decode; readonly decodeLater?: undefined }
  | { readonly decode?: undefined; readonly decodeLater: DecodeLater }
)

/** Where messages come from and what became of them goes: a lane, or what its quarantine gives once more. */
export interface Source {
  take(): Promise<readonly LaneMessage[]>
  settle(item: LaneMessage, outcome: Outcome): void
}

export interface CarryOptions {
  readonly registry: Registry
  readonly profiles: { get(id: string): CompiledProfile | undefined }
  readonly uplink: Pick<TimelyUplink, 'send'>
  readonly turns: Turns
  readonly repeats: Repeats
  /** Throws for an entity that may not leave; nothing is checked where there is none. */
  readonly checks: { readonly check: CheckEntity | undefined }
  /** Hears of every message that is settled, and how many attributes were left out on the way. */
  readonly onSettled: (message: Message, outcome: Outcome, position: number) => void
  readonly onOmitted: (attributes: number) => void
  /** Hears of a time that was not believed; throws where the message may not go on without it. */
  readonly onDoubtfulTime: (time: string) => void
}

/** A message on its way, and what is known of it by now. */
interface Carried extends LaneMessage {
  readonly device: Device
  readonly profile: CompiledProfile
  /** When the same bytes were received before; NaN if they were not. */
  readonly earlierAt: number
  readonly settle: (outcome: Outcome) => void
}

const DUPLICATE: Outcome = { kind: 'duplicate' }

/** Across and out: one lane's messages in order, each decoded, mapped and sent, until there are no more. */
export async function carryOut(lane: Source, options: CarryOptions): Promise<void> {
  let taken = await lane.take()
  while (taken.length > 0) {
    for (const item of taken) carry(item, lane, options)
    // Other lanes have their turn between two parts, and so have answers of brokers and questions of the main thread.
    await breathe()
    taken = await lane.take()
  }
}

function carry(item: LaneMessage, lane: Source, options: CarryOptions): void {
  const { message, position } = item
  const settle = (outcome: Outcome) => {
    lane.settle(item, outcome)
    options.onSettled(message, outcome, position)
  }
  const isRedelivered = options.repeats.isRedelivered(message)
  const earlierAt = options.repeats.meet(message, position)
  if (isRedelivered) {
    settle(DUPLICATE)
    return
  }
  try {
    const device = findDevice(message, options.registry)
    const profile = findProfile(device, options.profiles)
    pass({ message, position, device, profile, earlierAt, settle }, options)
  } catch (error) {
    settle(toRefusal(error))
  }
}

/** For a script, or behind a message of its device that is with a script, it takes its turn. */
function pass(carried: Carried, options: CarryOptions): void {
  const { message, position, device, profile } = carried
  if (profile.decode === undefined || options.turns.isTaken(device.id)) {
    options.turns.take(device.id, decodeInTurn(carried), {
      use: readings => sendOut(readings, carried, options),
      fail: error => refuse(error, carried, options),
    })
    return
  }
  try {
    sendOut(profile.decode(message, position), carried, options)
  } catch (error) {
    refuse(error, carried, options)
  }
}

/** What could be read of a message is sent all the same. */
function refuse(error: unknown, carried: Carried, options: CarryOptions): void {
  const settle = (outcome: Outcome) =>
    carried.settle(outcome.kind === 'duplicate' ? outcome : toRefusal(error))
  try {
    if (!(error instanceof PartlyDecoded)) throw error
    sendOut(error.readings, { ...carried, settle }, options)
  } catch (refusal) {
    carried.settle(toRefusal(refusal))
  }
}

async function decodeInTurn({ message, position, profile }: Carried): Promise<readonly Reading[]> {
  return profile.decode === undefined ? profile.decodeLater(message) : profile.decode(message, position)
}

/** Once: what came before by its identity, or with the same bytes and times, was dealt with then. */
function sendOut(readings: readonly Reading[], carried: Carried, options: CarryOptions): void {
  const { message, position, device, profile, earlierAt, settle } = carried
  const decodeAgain = profile.isStateful ? undefined : profile.decode
  if (options.repeats.isRepeat(message, readings, earlierAt, decodeAgain)) settle(DUPLICATE)
  else options.uplink.send(makeEntities(readings, device, profile, options), settle, position)
}

function toRefusal(error: unknown): Outcome {
  const code = error instanceof TromostError ? error.code : 'MAP_FAILED'
  const detail = error instanceof TromostError ? error.detail : getMessage(error)
  return { kind: 'quarantined', code, detail }
}

function makeEntities(
  readings: readonly Reading[],
  device: Device,
  { map }: CompiledProfile,
  { onOmitted, onDoubtfulTime, checks }: CarryOptions,
): readonly EntityText[] {
  const made: EntityText[] = []
  const doubtful = readings[0]?.doubtfulTime
  if (doubtful !== undefined) onDoubtfulTime(doubtful)
  for (const reading of readings) {
    const { entities, omitted } = map(reading, device)
    if (omitted > 0) onOmitted(omitted)
    if (checks.check !== undefined) entities.forEach(checks.check)
    made.push(...entities)
  }
  return made
}

function findProfile({ id, profile: name }: Device, profiles: CarryOptions['profiles']): CompiledProfile {
  const profile = profiles.get(name)
  if (profile !== undefined) return profile
  throw new TromostError('DECODE_FAILED', `device ${id}: expected a loaded profile, got ${name}`)
}

function findDevice({ tenant, device: id, topic }: Message, registry: Registry): Device {
  const device = registry.getDevice(tenant, id) ?? registry.resolve(tenant, topic).device
  if (device === undefined) {
    const got = id === '' ? `topic ${topic}` : `device ${id} on topic ${topic}`
    throw new TromostError('DEVICE_UNKNOWN', `tenant ${tenant}: expected a provisioned device, got ${got}`)
  }
  return device
}
