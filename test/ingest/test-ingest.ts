/** The way in as tests open it: real sockets and the real broker, around a store that answers when the test says so. */
import { randomBytes } from 'node:crypto'
import type { ListenerConfig } from '../../src/config/config.ts'
import { type MqttLimits, mqttLimitsSchema } from '../../src/config/mqtt-limits.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { type Ingest, type IngestOptions, openIngest } from '../../src/ingest/ingest.ts'
import type { IngestObserver } from '../../src/ingest/observer.ts'
import type { Message, StoreMessage } from '../../src/reading.ts'
import { type Credential, Credentials, type Login as KnownLogin } from '../../src/registry/credentials.ts'
import { type ProvisionInput, provisionSchema } from '../../src/registry/provision.ts'
import { Registry, toRegistryDevice } from '../../src/registry/registry.ts'
import { toKeyedSecret } from '../../src/registry/secret.ts'
import { type ConnectOptions, PASSWORD, TestClient } from './test-client.ts'

const KEY = randomBytes(32)
const LIMITS: MqttLimits = { ...mqttLimitsSchema.parse({}), connections: 100, packetBytes: 65_536 }

/** What a credential may do; its password is PASSWORD, its tenant kranj unless it says otherwise. */
export type Login = Partial<Credential> &
  Pick<KnownLogin, 'certificate' | 'getPsks'> & { readonly username: string }

/** Takes messages, and answers at once, or when it is told to. */
export class HeldStore {
  readonly messages: Message[] = []
  readonly #waiting: Parameters<StoreMessage>[1][] = []
  #isHeld = false

  readonly store: StoreMessage = (message, done) => {
    this.messages.push(message)
    if (this.#isHeld) this.#waiting.push(done)
    else done()
  }

  /** Answers in its row what is not stored. */
  passAfter(done: () => void): void {
    if (this.#waiting.length === 0) done()
    else this.#waiting.push(done)
  }

  /** From now on messages wait for their answer. */
  hold(): void {
    this.#isHeld = true
  }

  /** From now on messages are answered at once; those that wait go on waiting. */
  pass(): void {
    this.#isHeld = false
  }

  /** Answers all that wait. */
  answer(error?: Error): void {
    for (const done of this.#waiting.splice(0)) done(error)
  }

  get topics(): readonly string[] {
    return this.messages.map(({ topic }) => topic)
  }
}

/** Remembers what ingest lets others know. */
export class Observed implements IngestObserver {
  readonly refusals: { readonly code: ErrorCode; readonly detail: string }[] = []
  receivedByQos: [number, number, number] = [0, 0, 0]
  storedCount = 0
  readonly heardAt: number[] = []
  openSockets = 0

  readonly received = ({ qos }: Message): void => {
    this.receivedByQos[qos] += 1
  }
  readonly heard = ({ receivedAt }: Message): void => {
    this.heardAt.push(receivedAt)
  }
  readonly stored = (): void => {
    this.storedCount += 1
  }
  readonly refused = (code: ErrorCode, detail: string): void => {
    this.refusals.push({ code, detail })
  }
  readonly connections = (count: number): void => {
    this.openSockets = count
  }
}

export interface TestOptions {
  readonly logins: readonly Login[]
  readonly provision?: ProvisionInput
  readonly listeners?: readonly ListenerConfig[]
  readonly limits?: Partial<MqttLimits>
  readonly store?: StoreMessage
  readonly passAfter?: IngestOptions['passAfter']
}

export class TestIngest {
  readonly held = new HeldStore()
  readonly observed = new Observed()
  readonly registry: Registry
  readonly credentials: Credentials
  readonly #clients: TestClient[] = []
  #ingest: Ingest | undefined

  private constructor({ logins, provision }: TestOptions) {
    this.registry = createRegistry(provision ?? { tenants: [{ id: 'kranj' }] })
    this.credentials = createCredentials(logins)
  }

  static async open(options: TestOptions): Promise<TestIngest> {
    const test = new TestIngest(options)
    const listeners = options.listeners ?? [{ kind: 'tcp', host: '127.0.0.1', port: 0 }]
    test.#ingest = await openIngest({
      mqtt: { listeners: [...listeners], limits: createLimits(options.limits) },
      registry: test.registry,
      credentials: test.credentials,
      observer: test.observed,
      store: options.store ?? test.held.store,
      passAfter: options.passAfter ?? ((_tenant, done) => done()),
    })
    return test
  }

  get ingest(): Ingest {
    if (this.#ingest === undefined) throw new Error('expected an open way in')
    return this.#ingest
  }

  /** The port of the first listener of a kind. */
  port(kind: ListenerConfig['kind'] = 'tcp'): number {
    const listener = this.#ingest?.listeners.find(candidate => candidate.kind === kind)
    if (listener === undefined) throw new Error(`expected a listener ${kind}, got none`)
    return listener.port
  }

  /** Connects as MQTT 3.1.1 says. Rejects with the code of the CONNACK. */
  async connect(
    username: string,
    { protocol = 'mqtt', ...options }: ConnectOptions & { readonly protocol?: 'mqtt' | 'ws' } = {},
  ): Promise<TestClient> {
    const url = `${protocol}://127.0.0.1:${this.port(protocol === 'ws' ? 'ws' : 'tcp')}`
    const client = await TestClient.connect(url, { username, ...options })
    this.#clients.push(client)
    return client
  }

  /** Gives a login other rights while the agent runs. */
  change(login: Login): void {
    const known = toLogin(login)
    this.credentials.apply([{ tenant: known.tenant, username: known.username, login: known }])
    this.#ingest?.recheck({ credentials: new Set([known.id]), tenants: new Set() })
  }

  /** When it resolves, the agent has done all that it could do before: whatever it was to send has arrived. */
  async settle(): Promise<void> {
    await this.connect('nobody').catch(() => undefined)
  }

  async close(): Promise<void> {
    this.held.answer()
    await Promise.all(this.#clients.map(client => client.close()))
    await this.#ingest?.close()
  }
}

export function createLimits(limits: Partial<MqttLimits> = {}): MqttLimits {
  return { ...LIMITS, ...limits }
}

export function toCredential({ tenant = 'kranj', username, ...rights }: Login): Credential {
  const secret = toKeyedSecret(PASSWORD, KEY)
  return { id: `${tenant}/${username}`, tenant, username, secret, publish: [], subscribe: [], ...rights }
}

/** A login that the password proves which all have here. */
function toLogin(login: Login): KnownLogin {
  const { secret: _secret, ...rights } = toCredential(login)
  return { ...rights, getSecrets: () => [toKeyedSecret(PASSWORD, KEY)] }
}

export function createCredentials(logins: readonly Login[]): Credentials {
  return new Credentials(logins.map(toLogin), KEY)
}

export function createRegistry(input: ProvisionInput): Registry {
  const { tenants, devices } = provisionSchema.parse(input)
  return new Registry({
    tenants: tenants.map(tenant => ({ ...tenant, destinations: [{ id: 'main' }] })),
    devices: devices.map(toRegistryDevice),
  })
}
