/** Bearer tokens of a city's own sign-on (OpenID Connect): proven with the keys of the issuer, which are found by discovery. */
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { z } from 'zod'
import type { OidcConfig } from '../config/oidc.ts'
import type { Fetch } from '../egress/fetch.ts'
import { getMessage } from '../errors.ts'
import { type Person, toPerson } from './oidc-claims.ts'

export type OidcVerdict =
  | { readonly kind: 'person'; readonly person: Person }
  /** `isGuess`: nobody who ever had a token of the issuer would come with that. */
  | { readonly kind: 'refused'; readonly reason: string; readonly isGuess: boolean }
  | { readonly kind: 'forbidden'; readonly reason: string }
  /** The issuer cannot be asked for its keys. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Nothing that is made with a secret which both sides know: whoever can check such a token could make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const TIMEOUT_MS = 5_000
/** An issuer that did not answer is not asked again before. */
const RETRY_MS = 5_000
/** How long keys are good while the issuer cannot be reached. A key that is not known yet is asked for at once. */
const KEYS_MS = 60 * 60_000

const discoverySchema = z.looseObject({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

type Keys = ReturnType<typeof createRemoteJWKSet>

export class Oidc {
  readonly #config: OidcConfig
  readonly #fetch: Fetch
  readonly #now: () => number
  #keys: Promise<Keys> | undefined
  #failedAt = Number.NEGATIVE_INFINITY

  constructor(config: OidcConfig, fetch: Fetch, now: () => number = Date.now) {
    this.#config = config
    this.#fetch = fetch
    this.#now = now
  }

  /** Whether somebody can administer the whole agent without a token of ours. */
  get hasAdmin(): boolean {
    return this.#config.roles.some(({ role, tenant }) => role === 'admin' && tenant === undefined)
  }

  /** Asks for the keys ahead of the first login; tells why that failed. */
  async prepare(): Promise<string | undefined> {
    return this.#getKeys().then(() => undefined, getReason)
  }

  /** `tenant`: the one that somebody with several wants to work in. */
  async verify(token: string, tenant?: string): Promise<OidcVerdict> {
    try {
      const keys = await this.#getKeys()
      const { payload } = await jwtVerify(token, keys, {
        issuer: this.#config.issuer,
        audience: this.#config.audience,
        algorithms: ALGORITHMS,
        clockTolerance: this.#config.clockTolerance / 1_000,
        currentDate: new Date(this.#now()),
        requiredClaims: ['exp'],
      })
      const person = toPerson(payload, this.#config, tenant)
      if (person !== undefined) return { kind: 'person', person }
      return { kind: 'forbidden', reason: 'none of the groups of the token has a role here' }
    } catch (error) {
      return toVerdict(error)
    }
  }

  #getKeys(): Promise<Keys> {
    const isTooSoon = this.#now() - this.#failedAt < RETRY_MS
    if (this.#keys === undefined && isTooSoon) return Promise.reject(new Unavailable('it was asked just now'))
    this.#keys ??= this.#discover().catch(error => {
      this.#keys = undefined
      this.#failedAt = this.#now()
      throw new Unavailable(getReason(error))
    })
    return this.#keys
  }

  async #discover(): Promise<Keys> {
    const { issuer } = this.#config
    const response = await this.#fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      headers: new Headers({ accept: 'application/json' }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (response.status !== 200) throw new Error(`its discovery answered ${response.status}`)
    const found = discoverySchema.safeParse(await response.json())
    if (!found.success) throw new Error('its discovery has no issuer and jwks_uri')
    if (found.data.issuer !== issuer)
      throw new Error(`expected the issuer ${issuer}, got ${found.data.issuer} in its discovery`)
    return createRemoteJWKSet(new URL(found.data.jwks_uri), {
      timeoutDuration: TIMEOUT_MS,
      cacheMaxAge: KEYS_MS,
      cooldownDuration: RETRY_MS,
      [customFetch]: this.#fetch,
    })
  }
}

class Unavailable extends Error {}

/** Errors about the keys are the issuer's, all others of jose are about the token. Its messages do not hold the token. */
function toVerdict(error: unknown): OidcVerdict {
  const isMissingKey = error instanceof errors.JWKSNoMatchingKey
  const isOfKeys = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid
  const isPlain = !(error instanceof errors.JOSEError) || error.code === errors.JOSEError.code
  if (isOfKeys || isPlain) return { kind: 'unavailable', reason: getReason(error) }
  const isOld = error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
  const reason = isMissingKey ? 'it is not signed with a key of the issuer' : error.message
  return { kind: 'refused', reason, isGuess: !isOld }
}

/** fetch says in the cause what happened. */
function getReason(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined
  return cause === undefined ? getMessage(error) : `${getMessage(error)}: ${getMessage(cause)}`
}
