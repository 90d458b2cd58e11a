/** Who is logged in: proves a client's credential, gives it its session, and ends it when the credential is no longer what it was. */
import type { Aedes, AuthenticateError, Client } from 'aedes'
import { type ErrorCode, getMessage } from '../errors.ts'
import type { Credential, Credentials, Touched } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { ClientIds } from './client-ids.ts'
import { dropSession } from './kept-sessions.ts'
import type { Peer } from './peer.ts'
import { type GivenLogin, prove } from './proof.ts'
import { Session } from './session.ts'

export interface LoginsOptions {
  readonly registry: Registry
  readonly credentials: Credentials
  readonly topicLevelsMax: number
  readonly onRefused: (code: ErrorCode, detail: string) => void
  /** Nothing is kept for a client any more. */
  readonly onDropped: (clientId: string) => void
}

type Done = (error: AuthenticateError | null, success: boolean | null) => void

/** CONNACK return codes (MQTT 3.1.1, table 3.1). */
const IDENTIFIER_REJECTED = 2
const BAD_USERNAME_OR_PASSWORD = 4

export class Logins {
  readonly #options: LoginsOptions
  readonly #sessions = new WeakMap<Client, Session>()
  readonly #connected = new Set<Client>()
  readonly #clientIds = new ClientIds()

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  /** Also of a client whose connection has just ended: its will is still to be published. */
  getSession(client: Client | null): Session | undefined {
    return client === null ? undefined : this.#sessions.get(client)
  }

  async authenticate(
    client: Client,
    { username, password }: GivenLogin,
    peer: Peer | undefined,
    done: Done,
  ): Promise<void> {
    const { registry, topicLevelsMax, onRefused } = this.#options
    const credential = await this.#check({ username, password }, peer)
    if (credential === undefined) {
      onRefused('LOGIN_REFUSED', `client ${client.id} at ${peer?.address}: user name ${username ?? '(none)'}`)
      done(toAuthenticateError('bad user name or password', BAD_USERNAME_OR_PASSWORD), null)
      return
    }
    // Gone while its password was checked: nothing would ever release what it claims now.
    if (client.closed) return
    if (!this.#clientIds.claim(client.id, credential.id)) {
      onRefused('CLIENT_ID_TAKEN', `client ${client.id}: credential ${credential.id}`)
      done(toAuthenticateError('identifier rejected', IDENTIFIER_REJECTED), null)
      return
    }
    this.#connected.add(client)
    client.conn.once('close', () => {
      this.#connected.delete(client)
      this.#clientIds.release(client.id, !client.clean)
    })
    this.#sessions.set(client, new Session(credential, registry, topicLevelsMax))
    done(null, true)
  }

  /** Ends connections whose credential may no longer do what it could, and drops what is kept for those that are none any more. */
  recheck(touched: Touched, aedes: Aedes): void {
    const { credentials } = this.#options
    for (const client of this.#connected) {
      const credential = this.#sessions.get(client)?.credential
      if (credential === undefined || !isMeant(credential, touched)) continue
      if (!credentials.isStanding(credential)) cut(client, credentials.has(credential.id))
    }
    const revoked = [...touched.credentials].filter(id => !credentials.has(id))
    for (const clientId of this.#clientIds.forget(new Set(revoked))) this.#drop(aedes, clientId)
  }

  /** A check that fails lets nobody in, and is no reason for the process to end. */
  async #check(given: GivenLogin, peer: Peer | undefined): Promise<Credential | undefined> {
    const { credentials, onRefused } = this.#options
    try {
      const credential = await prove(credentials, given, peer)
      // It may have been revoked while scrypt was at work.
      return credential !== undefined && credentials.isStanding(credential) ? credential : undefined
    } catch (error) {
      onRefused('LOGIN_REFUSED', `user name ${given.username}: ${getMessage(error)}`)
      return undefined
    }
  }

  #drop(aedes: Aedes, clientId: string): void {
    const { onRefused, onDropped } = this.#options
    // By then the broker has put away what it had of the connection.
    setImmediate(() => {
      dropSession(aedes, clientId).then(
        () => onDropped(clientId),
        (error: unknown) => onRefused('LOGIN_REFUSED', `client ${clientId}: ${getMessage(error)}`),
      )
    })
  }
}

function isMeant({ id, tenant, device }: Credential, { credentials, tenants }: Touched): boolean {
  return credentials.has(id) || (device !== undefined && tenants.has(tenant))
}

/** Who may log in no more has no last will either. */
function cut(client: Client, isKnown: boolean): void {
  if (!isKnown) Object.assign(client, { will: null })
  client.close()
}

function toAuthenticateError(message: string, returnCode: number): AuthenticateError {
  return Object.assign(new Error(message), { returnCode })
}
