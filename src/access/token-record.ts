/** A token of ours as it is kept: never itself, only its keyed hash. */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { createSecret } from '../registry/secret.ts'
import { ROLES } from './role.ts'

const digest = z.string().length(44)

export const tokenRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  /** Absent for a token of the whole agent. */
  tenant: z.string().optional(),
  /** HMAC-SHA-256 in base64, under the key of the installation. */
  digest,
  /** The one before the last rotation, which is taken for a while longer. Milliseconds since the epoch, as all times here. */
  previous: z.object({ digest, until: z.number() }).optional(),
  createdAt: z.number(),
  createdBy: z.string(),
  rotatedAt: z.number().optional(),
  expiresAt: z.number().optional(),
  /** To within some minutes. */
  lastUsedAt: z.number().optional(),
})

export type TokenRecord = z.output<typeof tokenRecordSchema>

/** What may be shown of a token. */
export type TokenView = Omit<TokenRecord, 'digest' | 'previous'> & {
  /** Until when the token before the last rotation is taken. */
  readonly previousUntil?: number
}

/** Programs that look for secrets in what is published know ours by it. */
const PREFIX = 'tromost_'

/** 130 random bits. */
export function createToken(): string {
  return `${PREFIX}${createSecret()}`
}

export function createTokenId(): string {
  return createSecret().slice(0, 12).toLowerCase()
}

export function hashToken(token: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(token).digest()
}

export function toTokenView({ digest: _digest, previous, ...view }: TokenRecord, now: number): TokenView {
  const isTaken = previous !== undefined && previous.until > now
  return { ...view, ...(isTaken && { previousUntil: previous.until }) }
}
