/** The kinds of things that are provisioned over the API: where they are, what they are called, and who may change them. */
import { z } from 'zod'
import type { Role } from '../access/role.ts'
import { destinationSchema } from '../config/destination.ts'
import type { Actor, Place } from '../provisioning/provisioning.ts'
import { credentialSchema, deviceSchema, tenantSchema } from '../registry/provision.ts'
import { ProblemError } from './problem.ts'

export interface ProvisionKind {
  readonly kind: 'tenant' | 'destination' | 'device' | 'credential'
  /** The list, and the name of it in answers. */
  readonly list: string
  /** In a summary. */
  readonly one: string
  /** Of it in files. */
  readonly schema: z.ZodType
  /** The key of a value that is its id. */
  readonly idKey: string
  /** The least that changing takes. */
  readonly role: Role
  readonly isOfTenant: boolean
  readonly hasLogin: boolean
}

const ofAgent = { idKey: 'id', role: 'admin', isOfTenant: false, hasLogin: false } as const
const ofTenant = { isOfTenant: true, hasLogin: true } as const

export const PROVISION_KINDS: readonly ProvisionKind[] = [
  { ...ofAgent, kind: 'tenant', list: 'tenants', one: 'a tenant', schema: tenantSchema },
  { ...ofAgent, kind: 'destination', list: 'destinations', one: 'a destination', schema: destinationSchema },
  {
    ...{ ...ofTenant, kind: 'device', list: 'devices', one: 'a device', schema: deviceSchema },
    ...{ idKey: 'id', role: 'operator' },
  },
  {
    ...{
      ...ofTenant,
      kind: 'credential',
      list: 'credentials',
      one: 'a credential',
      schema: credentialSchema,
    },
    ...{ idKey: 'username', role: 'admin' },
  },
]

const tenantParams = z.object({ tenant: z.string() })
const idParams = z.object({ id: z.string() })
const bothParams = z.object({ tenant: z.string(), id: z.string() })

/** The path behind that of the list. What is called tenant there is checked by the guard. */
export function getPath({ kind, isOfTenant }: ProvisionKind): {
  readonly path: string
  readonly params: z.ZodType<Params>
} {
  if (isOfTenant) return { path: '/:tenant/:id', params: bothParams }
  return kind === 'tenant' ? { path: '/:tenant', params: tenantParams } : { path: '/:id', params: idParams }
}

export interface Params {
  readonly tenant?: string | undefined
  readonly id?: string | undefined
}

export function toPlace({ kind, isOfTenant }: ProvisionKind, { tenant, id }: Params): Place {
  if (isOfTenant) return { kind, tenant, id: id ?? '' }
  return { kind, id: (kind === 'tenant' ? tenant : id) ?? '' }
}

/**
 * Tenants and destinations are the agent's: who is of one tenant does not make others, nor say where entities go or what the broker
 * calls a tenant, since that would lead to those of others. Destinations name brokers and logins, so they are not shown either.
 */
export function checkReach({ kind }: ProvisionKind, { tenant }: Actor, isReading: boolean): void {
  const isOwn = kind === 'device' || kind === 'credential' || (kind === 'tenant' && isReading)
  if (tenant === undefined || isOwn) return
  const detail = `Expected a token of the whole agent, got one of the tenant ${tenant}.`
  throw new ProblemError({ status: 403, title: 'Forbidden', detail, code: 'ROLE_TOO_SMALL' })
}
