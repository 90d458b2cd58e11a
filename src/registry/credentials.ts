/** Who may log in, and what a login may do. Rights are deny by default. */
import { createHmac, randomBytes } from 'node:crypto'
import { matchesKeyed, matchesScrypt, type Secret } from './secret.ts'

export interface Credential {
  /** `tenant/username`: what a client id belongs to. */
  readonly id: string
  readonly tenant: string
  readonly username: string
  readonly secret: Secret
  /** Topic filters; a device without any may use every topic that names it. */
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  /** Set when the login is one device's own: it can never speak for another. */
  readonly device?: string
}

/** scrypt takes tens of milliseconds; a storm of logins must not queue up behind it without bound. */
const SCRYPT_WAITING_MAX = 200
/** Logins that scrypt has confirmed are remembered this long, so that a reconnect costs microseconds. */
const CONFIRMED_FOR_MS = 10 * 60_000
const CONFIRMED_MAX = 10_000

export class Credentials {
  readonly #byUsername = new Map<string, Credential[]>()
  readonly #key: Buffer
  /** Lives as long as the process, so that what is remembered is worth nothing elsewhere. */
  readonly #sessionKey = randomBytes(32)
  readonly #confirmed = new Map<string, number>()
  #scryptWaiting = 0

  constructor(credentials: readonly Credential[], key: Buffer) {
    this.#key = key
    for (const credential of credentials) {
      const present = this.#byUsername.get(credential.username)
      if (present === undefined) this.#byUsername.set(credential.username, [credential])
      else present.push(credential)
    }
  }

  get isEmpty(): boolean {
    return this.#byUsername.size === 0
  }

  /** The credential that a user name and password prove; device ids of two tenants may be alike, so the password decides. */
  async check(username: string, password: Buffer): Promise<Credential | undefined> {
    for (const credential of this.#byUsername.get(username) ?? []) {
      const { secret } = credential
      const isProven =
        secret.kind === 'keyed'
          ? matchesKeyed(secret, password, this.#key)
          : await this.#checkScrypt(credential.id, secret, password)
      if (isProven) return credential
    }
    return undefined
  }

  async #checkScrypt(
    id: string,
    secret: Extract<Secret, { kind: 'scrypt' }>,
    password: Buffer,
  ): Promise<boolean> {
    const proof = createHmac('sha256', this.#sessionKey).update(`${id}\n`).update(password).digest('base64')
    if ((this.#confirmed.get(proof) ?? 0) > Date.now()) return true
    if (this.#scryptWaiting >= SCRYPT_WAITING_MAX) return false
    this.#scryptWaiting += 1
    try {
      const isProven = await matchesScrypt(secret, password)
      if (isProven) this.#remember(proof)
      return isProven
    } finally {
      this.#scryptWaiting -= 1
    }
  }

  #remember(proof: string): void {
    this.#confirmed.delete(proof)
    this.#confirmed.set(proof, Date.now() + CONFIRMED_FOR_MS)
    if (this.#confirmed.size <= CONFIRMED_MAX) return
    for (const oldest of this.#confirmed.keys()) {
      this.#confirmed.delete(oldest)
      return
    }
  }
}
