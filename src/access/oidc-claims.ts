/** Who somebody is and what they may do, by the claims of a token whose signature has been proven. */
import type { OidcConfig } from '../config/oidc.ts'
import type { Actor } from '../provisioning/provisioning.ts'

export type Person = Omit<Actor, 'from'>

type Claims = Readonly<Record<string, unknown>>

const NAME_CHARS_MAX = 100

/**
 * The first of the roles that fits; one who has several tenants may name one of them. Nothing for who is in no group that has a role.
 */
export function toPerson(
  claims: Claims,
  { roles, ...config }: OidcConfig,
  tenant?: string,
): Person | undefined {
  const groups = listTexts(getClaim(claims, config.rolesClaim ?? config.groupsClaim ?? 'groups'))
  const own = roles.filter(({ group }) => groups.includes(group))
  const wide = own.find(rule => rule.tenant === undefined)
  const named = tenant === undefined ? undefined : own.find(rule => rule.tenant === tenant)
  // Whoever has a role in the whole agent is not made smaller by a tenant that they name.
  const rule = tenant === undefined ? own[0] : (wide ?? named)
  if (rule === undefined) return undefined
  return {
    name: getName(claims),
    role: rule.role,
    ...(rule.tenant !== undefined && { tenant: rule.tenant }),
  }
}

/** A name can be changed at the issuer, so what never changes stands beside it. */
function getName(claims: Claims): string {
  const [name] = ['preferred_username', 'email', 'name', 'client_id', 'azp'].flatMap(claim =>
    toText(claims[claim]),
  )
  const [subject] = toText(claims['sub'])
  const parts = [name, name === undefined || subject === undefined ? subject : `(${subject})`]
  return `user:${parts.filter(part => part !== undefined).join(' ') || 'unnamed'}`
}

function toText(value: unknown): readonly string[] {
  if (typeof value !== 'string' || value === '') return []
  return [value.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, NAME_CHARS_MAX)]
}

/** By its whole name first: some issuers have dots in the names of claims. */
function getClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Claims)[name]
  }
  return value
}

function listTexts(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(/\s+/)
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}
