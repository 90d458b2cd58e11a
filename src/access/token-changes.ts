/** How changes of tokens are written: to the table `access`, and to the audit log. */
import type { AuditEvent } from '../audit/audit-record.ts'
import type { Change } from '../journal/engine.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import { SETUP_ID } from './setup-token.ts'
import { type TokenRecord, toTokenView } from './token-record.ts'

const TOKEN = 'token'
export const ALL_TOKENS = { within: [TOKEN], from: [TOKEN] } as const
/** Who does what nobody asked for. */
export const AGENT: Actor = { name: 'agent', role: 'admin', from: 'this machine' }

export function toChange(record: TokenRecord): Change {
  return { table: 'access', key: [TOKEN, record.id], value: Buffer.from(JSON.stringify(record)) }
}

export function toRemoval(id: string): Change {
  return { table: 'access', key: [TOKEN, id] }
}

export function toEvent(
  action: string,
  actor: Actor,
  before: TokenRecord | undefined,
  after: TokenRecord | undefined,
): AuditEvent {
  const { id = SETUP_ID, tenant } = after ?? before ?? {}
  const tell = (record: TokenRecord | undefined) =>
    record && toTokenView(record, record.rotatedAt ?? record.createdAt)
  return { actor, action, place: { kind: 'token', tenant, id }, before: tell(before), after: tell(after) }
}
