/** Who asks: finds the actor behind an Authorization header, and slows down who guesses. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AuditLog } from '../audit/audit-log.ts'
import { LoginThrottle } from '../login-throttle.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import type { Oidc } from './oidc.ts'
import type { Tokens } from './tokens.ts'

export interface Login {
  readonly authorization: string | undefined
  /** The address of the client. */
  readonly from: string
  /** The tenant that somebody with several wants to work in. */
  readonly tenant?: string | undefined
}

export type Verdict =
  | { readonly kind: 'actor'; readonly actor: Actor }
  /** Without any Authorization. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'refused'; readonly detail: string }
  /** Known, and without any right. */
  | { readonly kind: 'forbidden'; readonly detail: string }
  | { readonly kind: 'locked'; readonly seconds: number }
  | { readonly kind: 'unavailable'; readonly detail: string }

/** What the HTTP port asks. */
export interface Identify {
  identify(login: Login): Promise<Verdict>
}

interface AccessLog {
  warn(fields: object): void
  error(fields: object): void
}

export interface AccessOptions {
  readonly tokens: Pick<Tokens, 'find'>
  readonly oidc?: Pick<Oidc, 'verify'> | undefined
  readonly audit: Pick<AuditLog, 'record'>
  readonly log: AccessLog
  readonly throttle?: LoginThrottle
  readonly wait?: (ms: number) => Promise<unknown>
}

const EXPECTED =
  'Expected Authorization: Bearer with a token, such as the administrator token of the first start'
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/
/** Answers that wait for their time; what comes beyond is answered at once, with 429. */
const WAITING_MAX = 200
const BUSY_SECONDS = 5

export class Access implements Identify {
  readonly #options: AccessOptions
  readonly #throttle: LoginThrottle
  #waiting = 0

  constructor(options: AccessOptions) {
    this.#options = options
    this.#throttle = options.throttle ?? new LoginThrottle()
  }

  async identify({ authorization, from, tenant }: Login): Promise<Verdict> {
    if (authorization === undefined) return { kind: 'nobody' }
    const lockMs = this.#throttle.getLockMs(from)
    if (lockMs > 0) return { kind: 'locked', seconds: Math.ceil(lockMs / 1_000) }
    const [, secret] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
    if (secret === undefined) return this.#refuse(from, 'it is no Bearer token')
    const token = this.#options.tokens.find(secret)
    if (token !== undefined) {
      if (token.isExpired) return this.#tell(from, `the token ${token.name} has expired`)
      this.#throttle.succeed(from)
      const { name, role, tenant: own } = token
      return { kind: 'actor', actor: { name: `token:${name}`, role, from, ...(own && { tenant: own }) } }
    }
    if (this.#options.oidc === undefined || !JWT.test(secret))
      return this.#refuse(from, 'nobody has this token')
    return this.#verify(this.#options.oidc, { secret, from, tenant })
  }

  async #verify(
    oidc: Pick<Oidc, 'verify'>,
    { secret, from, tenant }: { secret: string; from: string; tenant: string | undefined },
  ): Promise<Verdict> {
    const verdict = await oidc.verify(secret, tenant)
    if (verdict.kind === 'person') {
      this.#throttle.succeed(from)
      return { kind: 'actor', actor: { ...verdict.person, from } }
    }
    const { kind, reason } = verdict
    if (kind === 'refused') return verdict.isGuess ? this.#refuse(from, reason) : this.#tell(from, reason)
    this.#options.log.warn({ from, reason, msg: 'a login with OpenID Connect was refused' })
    if (kind === 'forbidden') return { kind, detail: reason }
    return { kind, detail: `The OpenID Connect issuer cannot be asked: ${reason}.` }
  }

  /** Refused, and no guess: it was good once, or elsewhere. */
  #tell(from: string, reason: string): Verdict {
    this.#options.log.warn({ from, reason, msg: 'a login was refused' })
    return { kind: 'refused', detail: `${EXPECTED}; ${reason}.` }
  }

  async #refuse(from: string, reason: string): Promise<Verdict> {
    const { locks, delayMs } = this.#throttle.fail(from)
    const verdict = this.#tell(from, reason)
    if (locks) this.#tellLock(from)
    if (this.#waiting >= WAITING_MAX) return { kind: 'locked', seconds: BUSY_SECONDS }
    this.#waiting += 1
    await (this.#options.wait ?? waitQuietly)(delayMs)
    this.#waiting -= 1
    return verdict
  }

  #tellLock(from: string): void {
    const { audit, log } = this.#options
    log.warn({ from, msg: 'an address is locked for five minutes after ten failed logins' })
    const actor: Actor = { name: 'nobody', role: 'viewer', from }
    audit
      .record({ actor, action: 'lock', place: { kind: 'login', id: from }, outcome: 'locked' })
      .catch(error => log.error({ error, msg: 'a record of the audit log could not be written' }))
  }
}

/** Does not keep a process alive that is to end. */
function waitQuietly(ms: number): Promise<void> {
  return wait(ms, undefined, { ref: false })
}
