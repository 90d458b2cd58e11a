/** Who is logged in: proves a client's credential, gives it its session, and ends it when the credential is no longer what it was. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AuthenticateError, Client, PublishPacket } from 'aedes'
import type { MqttLimits } from '../config/mqtt-limits.ts'
import { type ErrorCode, getMessage, TromostError } from '../errors.ts'
import type { Credential, Credentials, Touched } from '../registry/credentials.ts'
import type { Registry } from '../registry/registry.ts'
import { ClientIds } from './client-ids.ts'
import { closeWith, sayLast } from './last-word.ts'
import { Admission } from './limits/admission.ts'
import { Rates } from './limits/rates.ts'
import { REASONS } from './packets/packet-fault.ts'
import type { Peer } from './peer.ts'
import { type GivenLogin, prove } from './proof.ts'
import { Rights, type RightsOf } from './rights.ts'
import { checkTopicLength, Session } from './session.ts'
import { AwaySessions } from './store/away-sessions.ts'

export interface LoginsOptions {
  readonly registry: Registry
  readonly credentials: Credentials
  readonly limits: MqttLimits
  readonly onRefused: (code: ErrorCode, detail: string, source: string) => void
  /** Nothing is to be kept for a client any more. */
  readonly onDropped: (clientId: string) => void
  /** What is kept for a client is to be what these rights allow. */
  readonly onNarrowed: (clientId: string, rights: Rights) => void
}

/** Of a client before it is logged in. */
export interface Caller {
  readonly peer: Peer
  readonly will?: PublishPacket | undefined
}

type Done = (error: AuthenticateError | null, success: boolean | null) => void

/** Why somebody is not let in, with the code for the CONNACK (MQTT 3.1.1, table 3.1). */
class Refusal extends TromostError {
  get returnCode(): number {
    return RETURN_CODES.get(this.code) ?? SERVER_UNAVAILABLE
  }
}

const SERVER_UNAVAILABLE = 3
const RETURN_CODES = new Map<ErrorCode, number>([
  ['CLIENT_ID_TAKEN', 2],
  ['LOGIN_REFUSED', 4],
  ['WILL_FORBIDDEN', 5],
  ['TOPIC_TOO_LONG', 5],
])

export class Logins {
  readonly rates: Rates
  readonly #options: LoginsOptions
  readonly #admission: Admission
  readonly #away: AwaySessions
  readonly #sessions = new WeakMap<Client, Session>()
  readonly #connected = new Set<Client>()
  /** By client id: one that comes back before its old socket is gone takes the connection over. */
  readonly #newest = new Map<string, Client>()
  readonly #clientIds = new ClientIds()

  constructor(options: LoginsOptions) {
    this.#options = options
    this.rates = new Rates(options.limits)
    this.#admission = new Admission(options.limits)
    this.#away = new AwaySessions({
      limits: options.limits,
      onDrop: (clientId, code) => {
        options.onRefused(code, `client ${clientId}`, '')
        this.#drop(clientId)
      },
    })
  }

  /** Also of a client whose connection has just ended: its will is still to be published. */
  getSession(client: Client | null): Session | undefined {
    return client === null ? undefined : this.#sessions.get(client)
  }

  async authenticate(
    client: Client,
    given: GivenLogin,
    caller: Caller | undefined,
    done: Done,
  ): Promise<void> {
    const address = caller?.peer.address ?? ''
    try {
      const credential = await this.#prove(client, given, caller)
      // Gone while its password was checked: nothing would ever release what it claims now.
      if (client.closed) return
      this.#admit(client, credential, caller)
      done(null, true)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#options.onRefused(error.code, error.detail, address)
      done(Object.assign(new Error(error.message), { returnCode: error.returnCode }), null)
    }
  }

  /** Ends connections whose credential may no longer do what it could, and keeps for those that are away what they still may have. */
  recheck(touched: Touched): void {
    const { credentials, registry } = this.#options
    for (const client of this.#connected) {
      const credential = this.#sessions.get(client)?.credential
      if (credential === undefined || !isMeant(credential, touched)) continue
      if (!credentials.isStanding(credential)) cut(client, this.findRights(credential.id))
    }
    for (const [clientId, credentialId] of this.#clientIds.list()) {
      const login = credentials.find(credentialId)
      if (login === undefined && touched.credentials.has(credentialId)) this.#dropSoon(clientId)
      else if (login !== undefined && isMeant(login, touched))
        setImmediate(() => this.#options.onNarrowed(clientId, new Rights(login, registry)))
    }
  }

  /** A client that has gone too far: it and all others of its credential have to wait. */
  ban(client: Client, code: ErrorCode): void {
    const credential = this.#sessions.get(client)?.credential
    if (credential !== undefined) this.#admission.ban(credential, code)
    closeWith(client, REASONS.rate)
  }

  close(): void {
    for (const client of this.#connected) sayLast(client, REASONS.shuttingDown)
    this.rates.close()
    this.#away.close()
  }

  async #prove(client: Client, given: GivenLogin, caller: Caller | undefined): Promise<Credential> {
    const startedAt = performance.now()
    const address = caller?.peer.address ?? ''
    const { username = '' } = given
    const detail = `client ${client.id} at ${address}: user name ${given.username ?? '(none)'}`
    if (this.#admission.isLocked(address, username)) throw new Refusal('LOGINS_LOCKED', detail)
    const credential = await this.#check(given, caller?.peer)
    if (credential !== undefined) return credential
    // As late as the number of failures says, whatever the check took: that a user name is known is not to be told by the time.
    await wait(this.#admission.fail(address, username) - (performance.now() - startedAt))
    throw new Refusal('LOGIN_REFUSED', detail)
  }

  #admit(client: Client, credential: Credential, caller: Caller | undefined): void {
    const { registry, limits } = this.#options
    const detail = `client ${client.id}: credential ${credential.id}`
    const obstacle = this.#admission.findObstacle(credential, client.id)
    if (obstacle !== undefined) throw new Refusal(obstacle, detail)
    const budget = this.rates.open(credential.id)
    const session = new Session(credential, registry, limits, budget)
    try {
      if (caller?.will !== undefined) checkWill(caller.will.topic, session, limits, detail)
      if (!this.#clientIds.claim(client.id, credential.id)) throw new Refusal('CLIENT_ID_TAKEN', detail)
    } catch (error) {
      budget.users -= 1
      throw error
    }
    this.#admission.open(credential, caller?.peer.address ?? '')
    this.#away.forget(client.id)
    const older = this.#newest.get(client.id)
    if (older !== undefined) sayLast(older, REASONS.takenOver)
    this.#connected.add(client)
    this.#newest.set(client.id, client)
    this.#sessions.set(client, session)
    client.conn.once('close', () => {
      budget.users -= 1
      this.#connected.delete(client)
      if (this.#newest.get(client.id) === client) this.#newest.delete(client.id)
      this.#admission.release(credential)
      this.#leave(client, credential)
    })
  }

  /** Who may log in no more leaves nothing behind. */
  #leave({ id, clean }: Client, credential: Credential): void {
    const leavesSession = !clean && this.#options.credentials.has(credential.id)
    this.#clientIds.release(id, leavesSession)
    if (leavesSession && !this.#clientIds.isConnected(id)) this.#away.leave(id)
  }

  /** A check that fails lets nobody in, and is no reason for the process to end. */
  async #check(given: GivenLogin, peer: Peer | undefined): Promise<Credential | undefined> {
    const { credentials, onRefused } = this.#options
    try {
      const credential = await prove(credentials, given, peer)
      // It may have been revoked while scrypt was at work.
      return credential !== undefined && credentials.isStanding(credential) ? credential : undefined
    } catch (error) {
      // It was not looked at: nothing that says that somebody tries passwords.
      if (error instanceof TromostError && error.code === 'LOGINS_BUSY')
        throw new Refusal('LOGINS_BUSY', `user name ${given.username}`)
      onRefused('LOGIN_REFUSED', `user name ${given.username}: ${getMessage(error)}`, '')
      return undefined
    }
  }

  findRights(credentialId: string): Rights | undefined {
    const login = this.#options.credentials.find(credentialId)
    return login === undefined ? undefined : new Rights(login, this.#options.registry)
  }

  /** By then the broker has put away what it had of the connection. */
  #dropSoon(clientId: string): void {
    this.#away.forget(clientId)
    setImmediate(() => this.#drop(clientId))
  }

  #drop(clientId: string): void {
    this.#clientIds.forget(clientId)
    this.#options.onDropped(clientId)
  }
}

function isMeant({ id, tenant, device }: RightsOf, { credentials, tenants }: Touched): boolean {
  return credentials.has(id) || (device !== undefined && tenants.has(tenant))
}

/** A last will that it may not publish any more is not sent. */
function cut(client: Client, rights: Rights | undefined): void {
  const { will } = client as Client & { readonly will?: { readonly topic: string } | null }
  if (will && !rights?.findTopic(will.topic).isAllowed) Object.assign(client, { will: null })
  closeWith(client, REASONS.notAuthorized)
}

function checkWill(topic: string, session: Session, limits: MqttLimits, detail: string): void {
  try {
    checkTopicLength(topic, limits)
  } catch (error) {
    throw new Refusal('TOPIC_TOO_LONG', `${detail}: will: ${getMessage(error)}`)
  }
  if (!session.getTopic(topic).isAllowed) throw new Refusal('WILL_FORBIDDEN', `${detail}: ${topic}`)
}
