/** What somebody may do: a viewer reads, an operator runs what there is, an admin decides what there is. */
import type { Actor } from '../provisioning/provisioning.ts'

/** From the least to the most; each may do what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

export function isAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed)
}

/** Whether somebody may know of what belongs to this tenant. What belongs to none is for those of the whole agent. */
export function isAllowed(actor: Pick<Actor, 'tenant'>, tenant: string | undefined): boolean {
  return actor.tenant === undefined || actor.tenant === tenant
}
