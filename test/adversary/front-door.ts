/** The MQTT front door of a running agent under attack: who attacks, from where, and what must hold after each case. */
import { expect } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import type { ErrorCode } from '../../src/errors.ts'
import { encodeConnect, RawClient } from '../ingest/raw-client.ts'
import { PASSWORD } from '../ingest/test-client.ts'
import type { LogLine } from '../support/agent-process.ts'
import { readMemoryMiB } from '../support/memory.ts'
import { connect, toPayload } from '../support/sensor.ts'
import { GATEWAY, Town, type TownOptions, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

/** Stands in payloads and passwords of the cases, and must stand nowhere in what the agent says. */
export const MARKER = 'planted-3f9c1b'
/** May publish and subscribe below `kranj/`. */
export const INSIDER = 'insider'
/** May do the same; another one of the same municipality. */
export const COLLEAGUE = 'colleague'
/** Of another municipality, for what is below `bled/`. */
export const NEIGHBOUR = 'neighbour'
/** A device of kranj with a password of its own. */
export const DEVICE = 'six-2'

/** What a case is to cause, beside what it looks at itself. */
interface Outcome {
  /** How often each reason is counted, or what is known of that. All others stay as they were. */
  readonly refused?: Partial<Record<ErrorCode, unknown>>
  /** How many messages are taken in, or what is known of that. */
  readonly received?: unknown
  /** Of the case alone, where it is to be larger: connections that stay, memory that a crowd has touched. */
  readonly memoryMiB?: number
}

interface Look {
  readonly refused: Readonly<Record<string, number>>
  readonly received: number
  readonly connections: number
}

const HEALTHY = 'six-1'
/** Less than a time-out of the agent, which would close any connection in the end. */
const CLOSED_MS_MAX = 8_000
/** Of a heap that is collected now and then, whatever goes on. */
const MEMORY_MIB_MAX = 32

export class FrontDoor {
  readonly town: Town
  readonly #healthy: MqttClient
  readonly #pid: number
  readonly #clients: RawClient[] = []
  #sequence = 0
  #addresses = 1

  static async start({ config = {}, ...options }: TownOptions = {}): Promise<FrontDoor> {
    const town = await Town.start({
      files: { 'provision.yaml': PROVISION },
      ...options,
      config: { log: { level: 'debug', format: 'json' }, ...config },
    })
    return new FrontDoor(town, await connect({ ...GATEWAY, url: town.agent.mqttUrl, clientId: 'healthy' }))
  }

  private constructor(town: Town, healthy: MqttClient) {
    this.town = town
    this.#healthy = healthy
    this.#pid = town.agent.pid
  }

  get port(): number {
    return Number(new URL(this.town.agent.mqttUrl).port)
  }

  /** An address that nobody has come from yet, so that no bound of an address is met by chance. */
  newAddress(): string {
    this.#addresses += 1
    return `127.1.${this.#addresses >> 8}.${this.#addresses & 0xff}`
  }

  /** Somebody who has said nothing yet. */
  async open(address = this.newAddress()): Promise<RawClient> {
    const client = await RawClient.connect(this.port, address)
    this.#clients.push(client)
    return client
  }

  /** Somebody who is logged in as they should. */
  async login(username = INSIDER, clientId = `${username}-${this.#addresses}`): Promise<RawClient> {
    const client = await this.open()
    client.send(encodeConnect(username, clientId))
    await until(`${username} is logged in`, () => client.isConnected, { explain: () => toHex(client) })
    return client
  }

  /** When it resolves, the agent has read what was sent before: what is sent next comes by itself. */
  async breathe(): Promise<void> {
    await this.town.agent.get('/healthz')
  }

  /** Holds the agent to what must be true after every case, and to the outcome of this one. */
  async endure(
    attack: () => Promise<void>,
    { refused = {}, received = 0, memoryMiB }: Outcome,
  ): Promise<void> {
    const before = await this.#look()
    const memory = readMemoryMiB(this.#pid)
    const firstLine = this.town.agent.logs.length
    await attack().finally(() => this.leave())
    await until('its sockets are gone', async () => (await this.#look()).connections === before.connections)
    await this.serve()
    const after = await this.#look()
    expect(subtract(after.refused, before.refused)).toEqual(refused)
    // One is the healthy device's.
    expect(after.received - before.received - 1).toEqual(received)
    expect(this.town.broker.store.ids).toEqual([toEntityId(HEALTHY)])
    await this.#expectToldWithoutSecrets(Object.keys(refused), firstLine)
    const limit = memory + (memoryMiB ?? MEMORY_MIB_MAX)
    await until('its memory is given back', () => readMemoryMiB(this.#pid) < limit, {
      explain: () => `${readMemoryMiB(this.#pid)} MiB after ${memory} MiB`,
    })
    expect([this.town.agent.hasEnded, this.town.agent.pid]).toEqual([false, this.#pid])
    expect((await this.town.agent.get('/readyz')).status).toBe(200)
  }

  /** Who does nothing wrong has a reading acknowledged, and it arrives. */
  async serve(): Promise<void> {
    this.#sequence += 1
    await this.#healthy.publishAsync(`tromost/${HEALTHY}/up`, toPayload(this.#sequence), { qos: 1 })
    const isServed = () => this.town.arrivedOf(HEALTHY).at(-1) === this.#sequence
    await until('the healthy device is served', isServed)
  }

  /** All who attack hang up. */
  leave(): void {
    for (const client of this.#clients.splice(0)) client.destroy()
  }

  /** Ends the agent, which must still be able to end as it should, and have complained about nothing. */
  async close(): Promise<void> {
    await this.#healthy.endAsync(true)
    try {
      const { code, stderr } = await this.town.agent.stop()
      expect([code, stderr]).toEqual([0, ''])
    } finally {
      await this.town.close()
    }
  }

  async #expectToldWithoutSecrets(codes: readonly string[], firstLine: number): Promise<void> {
    const lines = (): readonly LogLine[] => this.town.agent.logs.slice(firstLine)
    for (const code of codes) {
      // Many of one kind and source are told as one.
      const isTold = () => this.town.agent.logs.some(line => line['code'] === code)
      await until(`the log tells ${code}`, isTold, { explain: lines })
    }
    const text = lines().map(line => JSON.stringify(line))
    expect(text.filter(line => line.includes(MARKER) || line.includes(PASSWORD))).toEqual([])
    // An alarm, such as that of a certificate, is news of another kind.
    const isFault = ({ level, msg }: LogLine) =>
      /^(?:error|fatal)$/.test(String(level)) && msg !== 'an alarm began'
    expect(lines().filter(isFault)).toEqual([])
  }

  async #look(): Promise<Look> {
    const text = String((await this.town.agent.get('/metrics')).body)
    const read = (name: string) =>
      [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\d+)$`, 'gm'))].map(
        ([, labels = '', value]) => [/reason="(.*)"/.exec(labels)?.[1] ?? '', Number(value)] as const,
      )
    const sum = (name: string) => read(name).reduce((total, [, value]) => total + value, 0)
    return {
      refused: Object.fromEntries(read('tromost_refused_total')),
      received: sum('tromost_messages_received_total'),
      connections: sum('tromost_connections'),
    }
  }
}

/** Resolves when the agent has closed the connection; gives what it said before. */
export async function closed(client: RawClient): Promise<readonly string[]> {
  const explain = () => toHex(client)
  await until('it is closed', () => client.isClosed, { explain, timeoutMs: CLOSED_MS_MAX })
  return toHex(client)
}

/** The packets that came, each as its type and its body in hexadecimal digits. */
export function toHex(client: RawClient): readonly string[] {
  return client.packets.map(({ type, body }) => `${type} ${body.toString('hex')}`)
}

function subtract(after: Look['refused'], before: Look['refused']): Look['refused'] {
  const differences = Object.entries(after).map(
    ([code, count]) => [code, count - (before[code] ?? 0)] as const,
  )
  return Object.fromEntries(differences.filter(([, count]) => count > 0))
}

const kranj = { tenant: 'kranj', password: PASSWORD, publish: ['kranj/#'], subscribe: ['kranj/#'] }

const PROVISION = {
  tenants: [
    { id: 'kranj', destinations: ['main'], brokerTenant: 'kranj' },
    { id: 'bled', destinations: ['main'], brokerTenant: 'bled' },
  ],
  credentials: [
    { tenant: 'kranj', ...GATEWAY, publish: ['tromost/+/up'] },
    { ...kranj, username: INSIDER },
    { ...kranj, username: COLLEAGUE },
    { ...kranj, tenant: 'bled', username: NEIGHBOUR, publish: ['bled/#'], subscribe: ['bled/#'] },
  ],
  devices: [
    { tenant: 'kranj', id: HEALTHY, profile: 'test-six' },
    { tenant: 'kranj', id: DEVICE, profile: 'test-six', password: PASSWORD },
  ],
}
