/** The tokens of this agent: made here, shown once, kept as keyed hashes in the store, and found by their hash in memory. */
import { timingSafeEqual } from 'node:crypto'
import type { AuditEvent } from '../audit/audit-record.ts'
import type { Change, Engine } from '../journal/engine.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import { isAllowed, type Role } from './role.ts'
import { loadSetupToken, SETUP_ID, saveSetupToken } from './setup-token.ts'
import { AGENT, ALL_TOKENS, toChange, toEvent, toRemoval } from './token-changes.ts'
import {
  createToken,
  createTokenId,
  hashToken,
  type TokenRecord,
  type TokenView,
  tokenRecordSchema,
  toTokenView,
} from './token-record.ts'

export interface TokensOptions {
  readonly engine: Engine
  /** Keeps a change together with what the audit log says of it. */
  readonly commit: (events: readonly AuditEvent[], changes: readonly Change[]) => Promise<void>
  readonly dataDir: string
  readonly key: Buffer
  /** What goes wrong where nobody waits for an answer. */
  readonly onError: (error: unknown) => void
  readonly now?: () => number
}

export interface NewToken {
  readonly name: string
  readonly role: Role
  readonly tenant?: string | undefined
  readonly expiresAt?: number | undefined
}

export interface Shown {
  /** The token itself, this once. */
  readonly secret: string
  readonly token: TokenView
}

/** Why a token was not made or taken away. */
export type TokenRefusal = 'TOKEN_NAME_TAKEN' | 'TOKENS_FULL' | 'TOKEN_UNKNOWN' | 'TOKEN_LAST'

export type FoundToken = TokenView & { readonly isExpired: boolean }

const TOKENS_MAX = 10_000
const RECORDS_MAX = 2 * TOKENS_MAX
/** The last use is written when it is so much later than what is written. */
const USED_STEP_MS = 10 * 60_000

export class Tokens {
  /** Of the setup token, when it was made at this start. */
  readonly fresh: string | undefined
  readonly #options: TokensOptions
  readonly #now: () => number
  readonly #records = new Map<string, TokenRecord>()
  /** By digest; during the grace of a rotation two lead to one token. */
  readonly #ids = new Map<string, string>()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(options: TokensOptions, fresh: string | undefined) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.fresh = fresh
  }

  static async open(options: TokensOptions): Promise<Tokens> {
    const setup = loadSetupToken(options.dataDir, options.key)
    const tokens = new Tokens(options, setup.fresh)
    const entries = await options.engine.range('access', { ...ALL_TOKENS, limit: RECORDS_MAX })
    for (const { value } of entries) tokens.#put(tokenRecordSchema.parse(JSON.parse(value.toString())))
    await tokens.#takeSetup(setup.digest)
    return tokens
  }

  /** The token that this is, though it may have expired; nothing for what is no token of ours. */
  find(secret: string): FoundToken | undefined {
    const now = this.#now()
    const proof = hashToken(secret, this.#options.key)
    const record = this.#records.get(this.#ids.get(proof.toString('base64')) ?? '')
    if (record === undefined) return undefined
    const isCurrent = isSame(record.digest, proof)
    const { previous } = record
    const isPrevious = previous !== undefined && previous.until > now && isSame(previous.digest, proof)
    if (!isCurrent && !isPrevious) return undefined
    const isExpired = record.expiresAt !== undefined && record.expiresAt <= now
    if (!isExpired) this.#touch(record, now)
    return { ...toTokenView(record, now), isExpired }
  }

  /** Those that this actor may see, oldest first. */
  list(actor: Actor): readonly TokenView[] {
    const own = [...this.#records.values()].filter(({ tenant }) => isAllowed(actor, tenant))
    return own.sort((a, b) => a.createdAt - b.createdAt).map(record => toTokenView(record, this.#now()))
  }

  create({ name, role, tenant, expiresAt }: NewToken, actor: Actor): Promise<Shown | TokenRefusal> {
    return this.#inTurn(async () => {
      if (this.#records.size >= TOKENS_MAX) return 'TOKENS_FULL'
      const isTaken = [...this.#records.values()].some(
        other => other.name === name && other.tenant === tenant,
      )
      if (isTaken) return 'TOKEN_NAME_TAKEN'
      const secret = createToken()
      const record: TokenRecord = {
        id: createTokenId(),
        name,
        role,
        ...(tenant !== undefined && { tenant }),
        digest: this.#digest(secret),
        createdAt: this.#now(),
        createdBy: actor.name,
        ...(expiresAt !== undefined && { expiresAt }),
      }
      await this.#save(record, toEvent('create', actor, undefined, record))
      return { secret, token: toTokenView(record, this.#now()) }
    })
  }

  /** A new secret for a token; the one before is taken for `graceMs` longer. What has an end lives as long again as it did. */
  rotate(id: string, graceMs: number, actor: Actor): Promise<Shown | TokenRefusal> {
    return this.#inTurn(async () => {
      const before = this.#getOwn(id, actor)
      if (before === undefined) return 'TOKEN_UNKNOWN'
      const now = this.#now()
      const secret = createToken()
      const { expiresAt, createdAt, rotatedAt = createdAt, previous: _previous, ...kept } = before
      const after: TokenRecord = {
        ...kept,
        createdAt,
        rotatedAt: now,
        digest: this.#digest(secret),
        ...(graceMs > 0 && { previous: { digest: before.digest, until: now + graceMs } }),
        ...(expiresAt !== undefined && { expiresAt: now + expiresAt - rotatedAt }),
      }
      await this.#save(after, toEvent('rotate', actor, before, after))
      if (id === SETUP_ID) saveSetupToken(this.#options.dataDir, after.digest)
      return { secret, token: toTokenView(after, now) }
    })
  }

  /** From now on it is no token any more. Unless `mayBeLast`, one of an admin of the whole agent that does not end is kept. */
  revoke(id: string, mayBeLast: boolean, actor: Actor): Promise<'done' | TokenRefusal> {
    return this.#inTurn(async () => {
      const record = this.#getOwn(id, actor)
      if (record === undefined) return 'TOKEN_UNKNOWN'
      const others = [...this.#records.values()].filter(other => other.id !== id)
      if (!mayBeLast && isLasting(record) && !others.some(isLasting)) return 'TOKEN_LAST'
      if (id === SETUP_ID) saveSetupToken(this.#options.dataDir, undefined)
      const event = toEvent('revoke', actor, record, undefined)
      await this.#options.commit([event], [toRemoval(id)])
      this.#drop(record)
      return 'done'
    })
  }

  /** What the file says goes: with a new file there is a new token, whatever became of the one before. */
  async #takeSetup(digest: string | undefined): Promise<void> {
    const known = this.#records.get(SETUP_ID)
    if (known?.digest === digest) return
    if (known !== undefined) this.#drop(known)
    const now = this.#now()
    if (digest === undefined) {
      await this.#options.commit([toEvent('revoke', AGENT, known, undefined)], [toRemoval(SETUP_ID)])
      return
    }
    const made = { id: SETUP_ID, name: SETUP_ID, role: 'admin', createdBy: AGENT.name } as const
    const record: TokenRecord = { ...made, digest, createdAt: now }
    await this.#save(record, toEvent('create', AGENT, undefined, record))
  }

  /** A foreign tenant's token is not there. */
  #getOwn(id: string, actor: Actor): TokenRecord | undefined {
    const record = this.#records.get(id)
    return record !== undefined && isAllowed(actor, record.tenant) ? record : undefined
  }

  async #save(record: TokenRecord, event: AuditEvent): Promise<void> {
    await this.#options.commit([event], [toChange(record)])
    const before = this.#records.get(record.id)
    if (before !== undefined) this.#drop(before)
    this.#put(record)
  }

  #put(record: TokenRecord): void {
    this.#records.set(record.id, record)
    this.#ids.set(record.digest, record.id)
    if (record.previous !== undefined) this.#ids.set(record.previous.digest, record.id)
  }

  #drop({ id, digest, previous }: TokenRecord): void {
    this.#records.delete(id)
    this.#ids.delete(digest)
    if (previous !== undefined) this.#ids.delete(previous.digest)
  }

  #touch({ id, lastUsedAt = 0 }: TokenRecord, now: number): void {
    if (now - lastUsedAt < USED_STEP_MS) return
    const record = this.#records.get(id)
    if (record === undefined) return
    // At once in memory, so that the next use does not write again.
    this.#put({ ...record, lastUsedAt: now })
    this.#inTurn(async () => {
      const current = this.#records.get(id)
      if (current !== undefined) await this.#options.commit([], [toChange(current)])
    }).catch(this.#options.onError)
  }

  #digest(secret: string): string {
    return hashToken(secret, this.#options.key).toString('base64')
  }

  /** One change at a time: each sees what the one before it came to. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#turn.then(change)
    this.#turn = changed.catch(() => undefined)
    return changed
  }
}

/** Always lets somebody in who may do everything. */
function isLasting({ role, tenant, expiresAt }: TokenRecord): boolean {
  return role === 'admin' && tenant === undefined && expiresAt === undefined
}

function isSame(digest: string, proof: Buffer): boolean {
  const stored = Buffer.from(digest, 'base64')
  return stored.length === proof.length && timingSafeEqual(stored, proof)
}
