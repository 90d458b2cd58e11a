/** Who is not let in although it may be who it says: who guesses, comes back too often, or has gone too far before. */
import type { MqttLimits } from '../../config/mqtt-limits.ts'
import type { ErrorCode } from '../../errors.ts'
import { LoginThrottle, toNetwork } from '../../login-throttle.ts'
import type { Credential } from '../../registry/credentials.ts'
import { rememberLatest } from '../../remember.ts'

interface Ban {
  readonly code: ErrorCode
  readonly until: number
}

interface Visits {
  readonly since: number
  count: number
}

const RECONNECTS_MS = 5 * 60_000
/** Beyond that the one that was remembered longest ago is forgotten; of bans it is the one that ends first. */
const REMEMBERED_MAX = 50_000

export class Admission {
  readonly #limits: MqttLimits
  readonly #now: () => number
  readonly #addresses: LoginThrottle
  /** By address and user name. */
  readonly #pairs: LoginThrottle
  /** Address and user name of those who have logged in: a stranger who guesses behind their address is no reason to lock them out. */
  readonly #welcome = new Map<string, true>()
  readonly #visits = new Map<string, Visits>()
  /** Apart from those of clients, of which one credential may invent any number. */
  readonly #credentialBans = new Map<string, Ban>()
  readonly #clientBans = new Map<string, Ban>()
  readonly #connections = new Map<string, number>()

  constructor(limits: MqttLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    const bounds = { failuresMax: limits.failedLogins, lockMs: limits.banTime }
    this.#addresses = new LoginThrottle(now, bounds)
    this.#pairs = new LoginThrottle(now, bounds)
  }

  /** Asked before a password is looked at. */
  isLocked(address: string, username: string): boolean {
    const pair = toPair(address, username)
    return (
      this.#pairs.getLockMs(pair) > 0 || (this.#addresses.getLockMs(address) > 0 && !this.#welcome.has(pair))
    )
  }

  /** Gives how many milliseconds after the CONNECT it is to be answered: more for each failure, whatever the check took. */
  fail(address: string, username: string): number {
    this.#pairs.fail(toPair(address, username))
    return this.#addresses.fail(address).delayMs
  }

  /** A password was right. Gives why it is not let in all the same. */
  findObstacle({ id, device }: Credential, clientId: string): ErrorCode | undefined {
    const { connectionsPerCredential, connectionsPerDevice } = this.#limits
    const client = toClient(id, clientId)
    const banned = this.#findBan(this.#credentialBans, id) ?? this.#findBan(this.#clientBans, client)
    if (banned !== undefined) return banned
    const max = device === undefined ? connectionsPerCredential : connectionsPerDevice
    if ((this.#connections.get(id) ?? 0) >= max) return 'CREDENTIAL_FULL'
    return this.#countVisit(client) ? undefined : 'CLIENT_FLAPPING'
  }

  /** One more connection; it is released when it ends. */
  open({ id, username }: Credential, address: string): void {
    const pair = toPair(address, username)
    this.#pairs.succeed(pair)
    rememberLatest(this.#welcome, pair, true, REMEMBERED_MAX)
    this.#connections.set(id, (this.#connections.get(id) ?? 0) + 1)
  }

  release({ id }: Credential): void {
    const left = (this.#connections.get(id) ?? 1) - 1
    if (left === 0) this.#connections.delete(id)
    else this.#connections.set(id, left)
  }

  /** All clients of a credential have to wait. */
  ban({ id }: Credential, code: ErrorCode): void {
    this.#ban(this.#credentialBans, id, code)
  }

  #ban(bans: Map<string, Ban>, key: string, code: ErrorCode): void {
    rememberLatest(bans, key, { code, until: this.#now() + this.#limits.banTime }, REMEMBERED_MAX)
  }

  #findBan(bans: Map<string, Ban>, key: string): ErrorCode | undefined {
    const ban = bans.get(key)
    if (ban === undefined) return undefined
    if (ban.until > this.#now()) return ban.code
    bans.delete(key)
    return undefined
  }

  #countVisit(key: string): boolean {
    const { reconnects } = this.#limits
    if (reconnects === 0) return true
    const now = this.#now()
    const known = this.#visits.get(key)
    const isRecent = known !== undefined && now - known.since < RECONNECTS_MS
    const visits = isRecent
      ? known
      : rememberLatest(this.#visits, key, { since: now, count: 0 }, REMEMBERED_MAX)
    visits.count += 1
    if (visits.count <= reconnects) return true
    this.#visits.delete(key)
    this.#ban(this.#clientBans, key, 'CLIENT_FLAPPING')
    return false
  }
}

function toPair(address: string, username: string): string {
  return `${toNetwork(address)} ${username}`
}

function toClient(credentialId: string, clientId: string): string {
  return `${credentialId} ${clientId}`
}
