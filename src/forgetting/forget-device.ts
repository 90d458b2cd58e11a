/** Removes what the agent has stored of one device, part by part, and tells what it cannot remove. */
import type { AuditLog } from '../audit/audit-log.ts'
import type { ForgetOrder as DrainOrder, ForgottenRecords } from '../draining/forget-device.ts'
import { getMessage } from '../errors.ts'
import type { Actor, ChangeAnswer, Edit, Provisioned } from '../provisioning/provisioning.ts'

export interface ForgetOrder {
  readonly tenant: string
  readonly device: string
  /** The device itself goes too, with its login. */
  readonly withDevice: boolean
  readonly dryRun: boolean
  readonly actor: Actor
}

interface ForgetReport {
  readonly dryRun: boolean
  readonly removed: Readonly<Record<Part, number>>
  /** What somebody else has, or what cannot be searched. */
  readonly stays: readonly { readonly what: string; readonly why: string }[]
}

export const PARTS = [
  ...([
    'messages',
    'quarantined',
    'births',
    'marks',
    'previews',
    'heard',
    'alarms',
    'retained',
    'device',
  ] as const),
] as const
type Part = (typeof PARTS)[number]

export interface ForgetSources {
  readonly getDevice: (tenant: string, id: string) => Provisioned | undefined
  /** Of the entities that its profile makes of it, by what is provisioned now. */
  readonly findEntities: (
    tenant: string,
    id: string,
  ) => { readonly ids: readonly string[]; readonly attributes: readonly string[] }
  readonly change: (
    edits: readonly Edit[],
    options: { readonly actor: Actor; readonly dryRun: boolean },
  ) => Promise<ChangeAnswer>
  readonly forgetRecords: (order: DrainOrder) => Promise<ForgottenRecords>
  readonly forgetHeard: (
    tenant: string,
    id: string,
    dryRun: boolean,
  ) => Promise<{ readonly heard: number; readonly alarms: number }>
  readonly listRetained: (tenant: string) => Iterable<{ readonly topic: string; readonly device: string }>
  readonly forgetRetained: (tenant: string, topic: string) => void
  readonly audit: Pick<AuditLog, 'record'>
}

export type ForgetAnswer = { readonly refusals: NonNullable<ChangeAnswer['refusals']> } | ForgetReport

/** The device goes first, so that nothing new of it is taken in meanwhile. Refused where a file has it. */
export async function forgetDevice(order: ForgetOrder, sources: ForgetSources): Promise<ForgetAnswer> {
  const { tenant, device, dryRun, actor } = order
  const event = { actor, action: 'forget', place: { kind: 'device', tenant, id: device } }
  // Both are known only as long as the device is there.
  const entities = sources.findEntities(tenant, device)
  const topics: string[] = []
  for (const one of sources.listRetained(tenant)) if (one.device === device) topics.push(one.topic)
  const isThere = sources.getDevice(tenant, device) !== undefined
  const edits: readonly Edit[] = order.withDevice && isThere ? [{ kind: 'device', tenant, id: device }] : []
  const { refusals } = await sources.change(edits, { actor, dryRun: true })
  if (refusals !== undefined) return { refusals }
  if (!dryRun) await sources.audit.record({ ...event, outcome: 'ordered' })
  try {
    if (!dryRun) await sources.change(edits, { actor, dryRun })
    const removed = await remove(order, { entities, topics, isThere }, sources)
    if (!dryRun) await sources.audit.record({ ...event, after: { removed: removed.removed } })
    return { dryRun, removed: removed.removed, stays: listStays(entities.ids, removed.unreadable) }
  } catch (error) {
    if (!dryRun) await sources.audit.record({ ...event, outcome: `failed: ${getMessage(error)}` })
    throw error
  }
}

async function remove(
  { tenant, device, dryRun, withDevice }: ForgetOrder,
  known: {
    readonly entities: ReturnType<ForgetSources['findEntities']>
    readonly topics: readonly string[]
    readonly isThere: boolean
  },
  sources: ForgetSources,
): Promise<{ readonly removed: ForgetReport['removed']; readonly unreadable: number }> {
  const { ids: entityIds, attributes } = known.entities
  const { unreadable, ...records } = await sources.forgetRecords({
    tenant,
    device,
    entityIds,
    attributes,
    dryRun,
  })
  const heard = await sources.forgetHeard(tenant, device, dryRun)
  if (!dryRun) for (const topic of known.topics) sources.forgetRetained(tenant, topic)
  const removed = { ...records, ...heard, retained: known.topics.length }
  return { removed: { ...removed, device: Number(withDevice && known.isThere) }, unreadable }
}

function listStays(entityIds: readonly string[], unreadable: number): ForgetReport['stays'] {
  const entities = entityIds.map(id => ({
    what: `entity ${id}`,
    why: 'the context broker has what was delivered: remove it there, with its history',
  }))
  const records = {
    what: `${unreadable} records that cannot be read`,
    why: 'they cannot be searched; discard them',
  }
  const audit = {
    what: 'the audit log',
    why: 'what was changed about the device stays there: it is only ever added to',
  }
  return [...entities, ...(unreadable > 0 ? [records] : []), audit]
}
