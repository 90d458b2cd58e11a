/**
 * What the routes are given: the figures of the whole agent for whoever may know them, and those of one tenant for who belongs to
 * it. A route has no other, so it cannot forget whom it answers. What changes something is written to the audit log with who wants it.
 */
import { isAllowed } from '../access/role.ts'
import type { AuditEvent } from '../audit/audit-record.ts'
import type { QuarantineOrder } from '../draining/replays.ts'
import { getMessage } from '../errors.ts'
import type { RewindOrder } from '../journal/rewind.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import type { AdminSources } from './admin-sources.ts'
import { getActor, type SourcesOf } from './guard.ts'
import { type Problem, ProblemError } from './problem.ts'

export function createSourcesOf(sources: AdminSources): SourcesOf<AdminSources> {
  return request => {
    const actor = getActor(request)
    const told = { ...sources, ...tellOrders(sources, actor) }
    return actor.tenant === undefined ? told : { ...told, ...limit(told, actor.tenant) }
  }
}

/** It makes tenants and destinations, which are the agent's. */
const NO_IMPORT: Problem = {
  ...{ status: 403, title: 'Forbidden', code: 'ROLE_TOO_SMALL' as const },
  detail: 'Expected a token with the role admin in the whole agent, got one of a tenant.',
}

type Told = 'replayQuarantine' | 'discardQuarantine' | 'rewindLane'

/** Before it is done: an order that cannot be told is not carried out. */
function tellOrders(
  { replayQuarantine, discardQuarantine, rewindLane, audit }: AdminSources,
  actor: Actor,
): Pick<AdminSources, Told> {
  const tell = async <O extends QuarantineOrder | RewindOrder, R>(
    action: string,
    order: O,
    carryOut: (order: O) => Promise<R>,
  ): Promise<R> => {
    if (order.dryRun) return carryOut(order)
    const { tenant, destination, dryRun: _dryRun, ...after } = order
    const event: AuditEvent = { actor, action, place: { kind: 'lane', tenant, id: destination }, after }
    await audit.record({ ...event, outcome: 'ordered' })
    return carryOut(order).catch(async error => {
      await audit.record({ ...event, outcome: `failed: ${getMessage(error)}` })
      throw error
    })
  }
  return {
    replayQuarantine: order => tell('replay', order, replayQuarantine),
    discardQuarantine: order => tell('discard', order, discardQuarantine),
    rewindLane: order => tell('rewind', order, rewindLane),
  }
}

function limit(sources: AdminSources, tenant: string): Partial<AdminSources> {
  const isOwn = (thing: { readonly tenant: string }) => thing.tenant === tenant
  const own = <R>(thing: { readonly tenant: string }, get: () => Promise<R>, otherwise: R): Promise<R> =>
    isAllowed({ tenant }, thing.tenant) ? get() : Promise.resolve(otherwise)
  return {
    tenantIds: sources.tenantIds.filter(id => id === tenant),
    getLanes: async () => (await sources.getLanes()).filter(isOwn),
    getAlarms: () => sources.getAlarms().filter(alarm => alarm.tenant === tenant),
    listAlarms: query => sources.listAlarms({ ...query, tenant }),
    listDeviceStates: query => sources.listDeviceStates({ ...query, tenant }),
    getDeviceState: (named, id) => (named === tenant ? sources.getDeviceState(named, id) : undefined),
    getBridges: () => sources.getBridges().filter(isOwn),
    getJournalUsage: () => {
      const tenants = sources.getJournalUsage().tenants.filter(isOwn)
      const [{ bytes, maxBytes } = { bytes: 0, maxBytes: 0 }] = tenants
      return { bytes, maxBytes, tenants }
    },
    renderMetrics: async () => keepTenant(await sources.renderMetrics(), tenant),
    listEntities: query => sources.listEntities({ ...query, tenant }),
    listQuarantine: query => own(query, () => sources.listQuarantine(query), []),
    getQuarantined: place => own(place, () => sources.getQuarantined(place), undefined),
    listMessages: query =>
      own(query, () => sources.listMessages(query), { messages: [], scanned: 0, isComplete: true }),
    listenToMessages: ({ filter, hear }) => sources.listenToMessages({ filter: { ...filter, tenant }, hear }),
    replayQuarantine: order => own(order, () => sources.replayQuarantine(order), undefined),
    discardQuarantine: order => own(order, () => sources.discardQuarantine(order), 0),
    imports: {
      start: order => (isOwn(order) ? sources.imports.start(order) : undefined),
      get: id => [sources.imports.get(id)].find(job => job !== undefined && isOwn(job)),
    },
    transfer: {
      exportTenant: async (named, actor) =>
        named === tenant ? sources.transfer.exportTenant(named, actor) : undefined,
      importTenant: async () => {
        throw new ProblemError(NO_IMPORT)
      },
    },
    forgetDevice: async order => {
      if (!isOwn(order)) throw new Error('expected a device of the own tenant')
      return sources.forgetDevice(order)
    },
    rewindLane: async order => {
      if (!isOwn(order)) throw new Error('expected a lane of the own tenant')
      return sources.rewindLane(order)
    },
  }
}

/** The samples of one tenant; those without a tenant are of the whole agent. */
function keepTenant(metrics: string, tenant: string): string {
  const label = new RegExp(`^\\w+\\{(?:[^"]*"[^"]*",)*tenant="${tenant.replace(/[^\w]/g, '\\$&')}"[,}]`)
  return `${metrics
    .split('\n')
    .filter(line => line.startsWith('#') || label.test(line))
    .join('\n')}\n`
}
