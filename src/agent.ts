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
import { PartlyDecoded } from './decode/partly-decoded.ts'
import type { Carried, CarryOptions, Source } from './draining/carried.ts'
import { findDevice, findProfile, makeEntities, toRefusal } from './draining/carry-steps.ts'
import type { WaysIn, WaysInOptions } from './ingest/ways-in.ts'
import type { Journal } from './journal/journal.ts'
import type { LaneMessage } from './journal/lane.ts'
import type { Outcome, Reading, StoreMessage } from './reading.ts'

/** In: what a sensor sends goes to the journal as it came, and is acknowledged when it is on disk. Three ways lead there. */
export async function takeIn(journal: Journal, options: WaysInOptions): Promise<WaysIn> {
  // Loaded here, since the draining thread has the other half of this file and no use for a broker.
  const { openBridges, openIngest, openMeasures, joinWays } = await import('./ingest/ways-in.ts')
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
    const known = findDevice(message, options.devices)
    const profile = findProfile(known, options.profiles)
    pass({ message, position, known, profile, earlierAt, settle }, options)
    options.shadows.see(message, known.device, position)
  } catch (error) {
    settle(toRefusal(error))
  }
}

/** For a script, or behind a message of its device that is with a script, it takes its turn. */
function pass(carried: Carried, options: CarryOptions): void {
  const { message, position, known, profile } = carried
  if (profile.decode === undefined || options.turns.isTaken(known.id)) {
    options.turns.take(known.id, decodeInTurn(carried), {
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
  const { message, position, profile, earlierAt, settle } = carried
  const decodeAgain = profile.isStateful ? undefined : profile.decode
  if (options.repeats.isRepeat(message, readings, earlierAt, decodeAgain)) {
    settle(DUPLICATE)
    return
  }
  const entities = makeEntities(readings, carried, options)
  options.uplink.send(entities, settle, position, message.receivedAt)
}
