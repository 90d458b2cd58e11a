/** One record of the audit log, and the chain: each has the hash of the one before it, so that a change in the middle shows. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ROLES } from '../access/role.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import { maskSecrets } from './mask-secrets.ts'

/** What something was done to: a thing that is provisioned, a token, a lane, a login. */
interface AuditPlace {
  readonly kind: string
  readonly tenant?: string | undefined
  readonly id: string
}

/** Who did what to which thing, and what came of it. Secrets are replaced when it is written. */
export interface AuditEvent {
  readonly actor: Actor
  /** A verb, such as `create`. */
  readonly action: string
  readonly place: AuditPlace
  readonly before?: unknown
  readonly after?: unknown
  /** `done` unless it says otherwise. */
  readonly outcome?: string
}

export const auditRecordSchema = z.object({
  /** Counts from 1 without gaps. */
  number: z.int(),
  /** RFC 3339. */
  at: z.string(),
  actor: z.object({ name: z.string(), role: z.enum(ROLES), tenant: z.string().optional() }),
  from: z.string(),
  action: z.string(),
  place: z.object({ kind: z.string(), tenant: z.string().optional(), id: z.string() }),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  outcome: z.string(),
  /** The hash of the record before; of the first one, nothing. */
  previous: z.string(),
  /** SHA-256 in hexadecimal of the JSON of all above, as JSON.stringify writes it. */
  hash: z.string(),
})

export type AuditRecord = z.output<typeof auditRecordSchema>

/** What is larger is replaced by its size and hash: a profile with a long script, say. */
const VALUE_CHARS_MAX = 65_536

export function toAuditRecord(
  { actor, action, place, before, after, outcome = 'done' }: AuditEvent,
  { number, at, previous }: Pick<AuditRecord, 'number' | 'previous'> & { readonly at: number },
): AuditRecord {
  const { name, role, tenant, from } = actor
  const unsigned = {
    number,
    at: new Date(at).toISOString(),
    actor: { name, role, ...(tenant !== undefined && { tenant }) },
    from,
    action,
    place: {
      kind: place.kind,
      ...(place.tenant !== undefined && { tenant: place.tenant }),
      id: place.id,
    },
    ...(before !== undefined && { before: toPlain(before) }),
    ...(after !== undefined && { after: toPlain(after) }),
    outcome,
    previous,
  }
  return { ...unsigned, hash: hashText(JSON.stringify(unsigned)) }
}

/** Whose it is: what is done to a tenant, or to something of it, is its own to see. */
export function getTenantOf({ place }: Pick<AuditRecord, 'place'>): string | undefined {
  return place.kind === 'tenant' ? place.id : place.tenant
}

/** What is wrong with a record behind the one before it; that is absent where records were left out between them. */
export function findBreak(
  record: AuditRecord,
  before: Pick<AuditRecord, 'number' | 'hash'> | undefined,
): string | undefined {
  const { hash, ...unsigned } = record
  if (hashText(JSON.stringify(unsigned)) !== hash) return `record ${record.number} was changed`
  if (before === undefined) return undefined
  if (record.number !== before.number + 1) return `expected record ${before.number + 1}, got ${record.number}`
  if (record.previous !== before.hash)
    return `record ${record.number} does not follow record ${before.number}`
  return undefined
}

function toPlain(value: unknown): unknown {
  const text = JSON.stringify(maskSecrets(value))
  if (text.length <= VALUE_CHARS_MAX) return JSON.parse(text)
  return { omitted: `${text.length} characters`, sha256: hashText(text) }
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
