/** Checks passwords that people chose: so many at once, each right one once for a while, and one for nobody where that must not show. */
import { createHmac, randomBytes } from 'node:crypto'
import { TromostError } from '../errors.ts'
import { rememberLatest } from '../remember.ts'
import { matchesScrypt, type Secret } from './secret.ts'

type ScryptSecret = Extract<Secret, { kind: 'scrypt' }>

/** scrypt takes tens of milliseconds; a storm of logins must not queue up behind it without bound. */
const WAITING_MAX = 200
/** Of checks for nobody fewer may wait: they leave room for whoever has a password. */
const PRETENDED_WAITING_MAX = 50
/** Logins that scrypt has confirmed are remembered this long, so that a reconnect costs microseconds. */
const CONFIRMED_FOR_MS = 10 * 60_000
const CONFIRMED_MAX = 10_000

export class ScryptChecks {
  readonly #matches: typeof matchesScrypt
  /** Lives as long as the process, so that what is remembered is worth nothing elsewhere. */
  readonly #key = randomBytes(32)
  readonly #confirmed = new Map<string, number>()
  /** Nobody's, as dear as the dearest that is known; none where nobody has a password of this kind. */
  #decoy: ScryptSecret | undefined
  #waiting = 0

  constructor(matches = matchesScrypt) {
    this.#matches = matches
  }

  /** Somebody has such a password. */
  note({ kind, cost }: ScryptSecret): void {
    if (cost <= (this.#decoy?.cost ?? 0)) return
    this.#decoy = { kind, cost, salt: randomBytes(16), hash: randomBytes(32) }
  }

  /** Whether the password is that of a credential. Throws LOGINS_BUSY while too many others are checked. */
  async check(id: string, secret: ScryptSecret, password: Buffer): Promise<boolean> {
    this.note(secret)
    const proof = createHmac('sha256', this.#key)
      .update(`${id}\n`)
      .update(secret.salt)
      .update(secret.hash)
      .update(password)
      .digest('base64')
    if ((this.#confirmed.get(proof) ?? 0) > Date.now()) return true
    this.#checkBusy()
    const isProven = await this.#run(secret, password)
    if (isProven) rememberLatest(this.#confirmed, proof, Date.now() + CONFIRMED_FOR_MS, CONFIRMED_MAX)
    return isProven
  }

  /** Takes as long as a check, where there are any, and is refused when one would be. */
  async pretend(password: Buffer): Promise<void> {
    if (this.#decoy === undefined) return
    this.#checkBusy()
    if (this.#waiting < PRETENDED_WAITING_MAX) await this.#run(this.#decoy, password)
  }

  #checkBusy(): void {
    if (this.#waiting < WAITING_MAX) return
    throw new TromostError('LOGINS_BUSY', `expected at most ${WAITING_MAX} passwords to be checked at once`)
  }

  async #run(secret: ScryptSecret, password: Buffer): Promise<boolean> {
    this.#waiting += 1
    try {
      return await this.#matches(secret, password)
    } finally {
      this.#waiting -= 1
    }
  }
}
