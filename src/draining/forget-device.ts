/** Removes what the journal and its lanes have of one device. The lanes are not open meanwhile. */

import { hashPair, hashText } from '../hash.ts'
import { forgetBirths, type StoredBirth } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import { forgetMessages } from '../journal/forget-messages.ts'
import type { Lane } from '../journal/lane.ts'
import { forgetMarks, loadSets } from '../journal/marks.ts'
import { findQuarantined } from '../journal/quarantine-filter.ts'
import type { Message } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import { createBirthTopic, createDeviceTopic, getQualifiedIds } from '../sparkplug-topic.ts'
import { AttributeSets } from './attribute-sets.ts'
import { MARKS_MAX } from './high-water.ts'

export interface ForgetOrder {
  readonly tenant: string
  readonly device: string
  /** Of the entities that are made of it. */
  readonly entityIds: readonly string[]
  readonly attributes: readonly string[]
  /** Says what would be removed, and removes nothing. */
  readonly dryRun: boolean
}

/** How many of each were there. */
export interface ForgottenRecords {
  readonly messages: number
  readonly quarantined: number
  readonly births: number
  readonly marks: number
  /** Of the embedded destination. */
  readonly previews: number
  /** Records that cannot be read, and so cannot be searched. */
  readonly unreadable: number
}

type IsOf = (message: Pick<Message, 'device' | 'topic'>) => boolean

/** Whether a message is of the device, be it provisioned or not. */
export function createIsOf({ tenant, device }: ForgetOrder, registry: Registry): IsOf {
  return message =>
    message.device === device ||
    getQualifiedIds(message.topic).includes(device) ||
    registry.resolve(tenant, message.topic).deviceId === device
}

/** Of a lane that is open: counted as discarded. */
export async function forgetQuarantined(
  engine: Engine,
  lane: Lane,
  isOf: IsOf,
  dryRun: boolean,
): Promise<Pick<ForgottenRecords, 'quarantined' | 'unreadable'>> {
  let [quarantined, unreadable] = [0, 0]
  for await (const part of findQuarantined(engine, lane, {})) {
    const meant = part.filter(isOf)
    quarantined += meant.reduce((sum, { messages }) => sum + messages, 0)
    unreadable += part.filter(({ code }) => code === 'CHUNK_CORRUPT').length
    if (meant.length === 0 || dryRun) continue
    await lane.removeQuarantined({ positions: meant.map(({ position }) => position) }, 'discarded')
  }
  return { quarantined, unreadable }
}

/** Of lanes that are closed. */
export async function forgetRecords(
  engine: Engine,
  order: ForgetOrder,
  { isOf, destinations }: { readonly isOf: IsOf; readonly destinations: readonly string[] },
): Promise<Pick<ForgottenRecords, 'messages' | 'births' | 'marks' | 'unreadable'>> {
  const { tenant, dryRun } = order
  const { messages, unreadable } = await forgetMessages(engine, { tenant, isMeant: isOf, dryRun })
  const isBirth = (birth: StoredBirth) => isOf({ device: '', topic: toTopic(birth) })
  const births = await forgetBirths(engine, tenant, { isMeant: isBirth, dryRun })
  let marks = 0
  for (const destination of destinations) {
    const place = { tenant, destination }
    const keys = listMarkKeys(order, await loadSets(engine, place))
    marks += await forgetMarks(engine, place, { keys, most: MARKS_MAX, dryRun })
  }
  return { messages, births, marks, unreadable }
}

function toTopic({ of: [group = '', edgeNode = '', device = ''] }: StoredBirth): string {
  return device === '' ? createBirthTopic(group, edgeNode) : createDeviceTopic(group, edgeNode, device)
}

/** Of each entity with each attribute, alone and in whatever set it came. */
function listMarkKeys({ entityIds, attributes }: ForgetOrder, sets: Float64Array): readonly number[] {
  const parts = new Set(attributes.map(name => hashText(name)))
  for (const { key, names } of new AttributeSets(sets).list())
    for (const part of [key, ...names]) parts.add(part)
  return entityIds.flatMap(id => [...parts].map(part => hashPair(hashText(id), part)))
}
