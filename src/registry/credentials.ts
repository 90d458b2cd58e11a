/** Who may log in, and what a login may do. Rights are deny by default. */
import { isDeepStrictEqual } from 'node:util'
import { ScryptChecks } from './scrypt-checks.ts'
import { matchesKeyed, type Secret } from './secret.ts'

/** What a client has proven to be. */
export interface Credential {
  /** `tenant/username`: what a client id belongs to. */
  readonly id: string
  readonly tenant: string
  readonly username: string
  readonly secret: Secret | CertificateName | Psk | Unproven
  /** Topic filters; a device without any may use every topic that names it. */
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
  /** Set when the login is one device's own: it can never speak for another. */
  readonly device?: string
}

/** A name in a client certificate: its subject CN, or one of its subject alternative names. */
export interface CertificateName {
  readonly kind: 'cn' | 'san'
  readonly name: string
}

/** A key that a client has too (TLS-PSK, RFC 4279), and the name by which its handshake says which one it means. */
export interface Psk {
  readonly kind: 'psk'
  readonly identity: string
  /** In hexadecimal. */
  readonly key: string
}

/** Of a client on a listener where nobody has to prove anything. */
interface Unproven {
  readonly kind: 'none'
}

/** Who may log in, and by what. There may be a hundred thousand of them, so how it is kept is up to whoever provisions it. */
export interface Login extends Omit<Credential, 'secret'> {
  readonly certificate?: { readonly cn?: string | undefined; readonly san?: string | undefined } | undefined
  /** Those that are taken now: one, or two while one takes the place of the other. */
  getSecrets(now: number): readonly Secret[]
  /** The same of keys for TLS-PSK. */
  getPsks?(now: number): readonly Psk[]
}

/** Without a login, nobody may log in by that name any more. */
export interface LoginChange {
  readonly tenant: string
  readonly username: string
  readonly login?: Login | undefined
}

/** Whose rights or secrets are others now. */
export interface Touched {
  /** Their ids. */
  readonly credentials: ReadonlySet<string>
  /** All of whose devices are meant. */
  readonly tenants: ReadonlySet<string>
}

export class Credentials {
  /** Most names are those of one tenant only. */
  readonly #byUsername = new Map<string, Login | readonly Login[]>()
  readonly #byCertificate = new Map<string, Login>()
  readonly #byIdentity = new Map<string, Login>()
  readonly #key: Buffer
  readonly #scrypt: ScryptChecks

  constructor(logins: Iterable<Login>, key: Buffer, scrypt = new ScryptChecks()) {
    this.#key = key
    this.#scrypt = scrypt
    for (const login of logins) this.#add(login)
  }

  get isEmpty(): boolean {
    return this.#byUsername.size === 0
  }

  /** From now on. Who is connected already is not asked again here: see isStanding. */
  apply(changes: readonly LoginChange[]): void {
    for (const { tenant, username } of changes) this.#remove(tenant, username)
    for (const { login } of changes) if (login !== undefined) this.#add(login)
  }

  /**
   * The credential that a user name and password prove; device ids of two tenants may be alike, so the password decides. What is
   * refused has cost a scrypt where anybody's password does, so that its time does not tell which names there are.
   */
  async check(username: string, password: Buffer): Promise<Credential | undefined> {
    let isDear = false
    for (const login of this.#list(username)) {
      for (const secret of login.getSecrets(Date.now())) {
        isDear ||= secret.kind === 'scrypt'
        if (await this.#isProven(login.id, secret, password)) return toCredential(login, secret)
      }
    }
    if (!isDear) await this.#scrypt.pretend(password)
    return undefined
  }

  /** The credential of a client certificate by its names; the first name that is known decides. */
  checkCertificate(names: readonly CertificateName[]): Credential | undefined {
    for (const { kind, name } of names) {
      const login = this.findCertificate({ kind, name })
      if (login !== undefined) return toCredential(login, { kind, name })
    }
    return undefined
  }

  findCertificate(name: CertificateName): Login | undefined {
    return this.#byCertificate.get(toKey(name))
  }

  /** The key of an identity, as a handshake needs it. */
  findPsk(identity: string): Psk | undefined {
    const psks = this.#byIdentity.get(identity)?.getPsks?.(Date.now()) ?? []
    return psks.find(psk => psk.identity === identity)
  }

  /** The credential of an identity whose key a handshake was made with. */
  checkPsk(identity: string): Credential | undefined {
    const login = this.#byIdentity.get(identity)
    const psk = this.findPsk(identity)
    return login === undefined || psk === undefined ? undefined : toCredential(login, psk)
  }

  /** The credential whose rights somebody has who proves nothing; `id` is `tenant/username`. */
  getUnproven(id: string): Credential | undefined {
    const login = this.find(id)
    return login && toCredential(login, { kind: 'none' })
  }

  /** Whether anybody may log in by it; `id` is `tenant/username`. */
  has(id: string): boolean {
    return this.find(id) !== undefined
  }

  find(id: string): Login | undefined {
    return this.#list(id.slice(id.indexOf('/') + 1)).find(login => login.id === id)
  }

  /** Whether what was proven once would be proven today, with the same rights. */
  isStanding({ secret, ...proven }: Credential): boolean {
    const login = this.#list(proven.username).find(({ tenant }) => tenant === proven.tenant)
    if (login === undefined) return false
    const isTaken = this.#isTaken(login, secret)
    const { secret: _secret, ...rights } = toCredential(login, secret)
    return isTaken && isDeepStrictEqual(rights, proven)
  }

  #isTaken(login: Login, secret: Credential['secret']): boolean {
    if (secret.kind === 'none') return true
    if (secret.kind === 'cn' || secret.kind === 'san') return this.findCertificate(secret) === login
    const now = Date.now()
    const taken = secret.kind === 'psk' ? (login.getPsks?.(now) ?? []) : login.getSecrets(now)
    return taken.some(one => isDeepStrictEqual(one, secret))
  }

  #add(login: Login): void {
    const others = this.#list(login.username)
    this.#byUsername.set(login.username, others.length === 0 ? login : [...others, login])
    for (const name of getNames(login)) this.#byCertificate.set(toKey(name), login)
    for (const { identity } of getPsks(login)) this.#byIdentity.set(identity, login)
    // Of the devices there are too many to look at. Their secrets are ours, and need no scrypt.
    if (login.device !== undefined) return
    for (const secret of login.getSecrets(Date.now())) if (secret.kind === 'scrypt') this.#scrypt.note(secret)
  }

  #remove(tenant: string, username: string): void {
    const there = this.#list(username)
    const left = there.filter(login => login.tenant !== tenant)
    const [only] = left
    if (only === undefined) this.#byUsername.delete(username)
    else this.#byUsername.set(username, left.length === 1 ? only : left)
    const gone = there.find(login => login.tenant === tenant)
    if (gone === undefined) return
    for (const name of getNames(gone)) this.#byCertificate.delete(toKey(name))
    for (const { identity } of getPsks(gone))
      if (this.#byIdentity.get(identity) === gone) this.#byIdentity.delete(identity)
  }

  #list(username: string): readonly Login[] {
    const logins = this.#byUsername.get(username) ?? []
    return Array.isArray(logins) ? logins : [logins as Login]
  }

  async #isProven(id: string, secret: Secret, password: Buffer): Promise<boolean> {
    if (secret.kind === 'keyed') return matchesKeyed(secret, password, this.#key)
    return this.#scrypt.check(id, secret, password)
  }
}

/** A copy: what was proven stays what it was when the login changes. */
function toCredential(login: Login, secret: Credential['secret']): Credential {
  const { id, tenant, username, publish, subscribe, device } = login
  return { id, tenant, username, secret, publish, subscribe, ...(device !== undefined && { device }) }
}

function getNames({ certificate: { cn, san } = {} }: Login): readonly CertificateName[] {
  return [
    ...(cn === undefined ? [] : [{ kind: 'cn' as const, name: cn }]),
    ...(san === undefined ? [] : [{ kind: 'san' as const, name: san }]),
  ]
}

/** Also one whose time is over. */
function getPsks(login: Login): readonly Psk[] {
  return login.getPsks?.(0) ?? []
}

function toKey({ kind, name }: CertificateName): string {
  return `${kind} ${name}`
}
