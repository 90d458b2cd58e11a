/** A town for hostile cases: an agent with profiles and devices of the case, and what must hold after every one of them. */
import { expect } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import type { Entity } from '../../src/reading.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess, type LogLine } from '../support/agent-process.ts'
import type { Balance } from '../support/balance.ts'
import { connect, toPayload } from '../support/sensor.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { GATEWAY, TENANT, toDestination, toEntityId, toProvision } from '../support/town.ts'
import { until } from '../support/until.ts'

type Raw = Readonly<Record<string, unknown>>

/** A profile by what is special about it. */
type CaseProfile = Readonly<{ decode: Raw; attributes: Raw; outOfRange?: string; entity?: Raw }>

interface CaseTownOptions {
  readonly profiles?: Readonly<Record<string, CaseProfile>>
  /** Devices by id: the name of their profile, or more than that. */
  readonly devices?: Readonly<Record<string, string | Raw>>
  /** Over the one tenant. */
  readonly tenant?: Raw
}

/** What became of the message of a case. */
interface Fate {
  readonly outcome: 'delivered' | 'skipped' | 'quarantined' | 'duplicates'
  readonly code: string
  readonly detail: string
  /** As it is kept in quarantine. */
  readonly payload: string
}

interface QuarantineEntry {
  readonly code?: string
  readonly detail?: string
  readonly payload?: string
}

/** Longer than any line that quotes a payload by its excerpt alone. */
const LOG_LINE_CHARS_MAX = 1_000
const HEALTHY = 'six-1'
/** Nothing is made of it whatever the format: a Homie device tells its name. */
const SAMPLE = {
  name: 'none',
  topic: 'homie/d/$name',
  payload: { text: 'd' },
  device: { id: 'd' },
  entities: [],
}

export class CaseTown {
  readonly broker: StubBroker
  readonly agent: AgentProcess
  readonly #folder: AgentFolder
  readonly #client: MqttClient
  readonly #pid: number
  #sequence = 0

  static async start(options: CaseTownOptions = {}): Promise<CaseTown> {
    const folder = new AgentFolder()
    const broker = await StubBroker.start()
    try {
      writeCases(folder, options)
      const agent = await AgentProcess.start(folder, {
        destinations: [toDestination(broker.url, {})],
        // What is too long for a topic by default is of interest for what follows as well.
        mqtt: { listeners: [{ kind: 'tcp', port: 0 }], limits: { topicBytes: 1_024 } },
        log: { level: 'debug', format: 'json' },
      })
      const client = await connect({ ...GATEWAY, url: agent.mqttUrl })
      return new CaseTown({ folder, broker, agent, client })
    } catch (error) {
      await broker.goDown()
      folder.remove()
      throw error
    }
  }

  private constructor(parts: {
    readonly folder: AgentFolder
    readonly broker: StubBroker
    readonly agent: AgentProcess
    readonly client: MqttClient
  }) {
    this.broker = parts.broker
    this.agent = parts.agent
    this.#folder = parts.folder
    this.#client = parts.client
    this.#pid = parts.agent.pid
  }

  /**
   * Publishes one message, waits until it is settled, and holds the agent to what must be true after every case. Messages of
   * `companions`, by topic, go before it, and are no worse than skipped.
   */
  async send(
    topic: string,
    payload: string | Buffer,
    companions: Readonly<Record<string, string>> = {},
  ): Promise<Fate> {
    const before = await this.agent.getBalance(TENANT)
    const quarantinedBefore = await this.#readCounter('tromost_readings_quarantined_total')
    const firstLine = this.agent.logs.length
    const messages = [...Object.entries(companions), [topic, payload] as const]
    await Promise.all(messages.map(message => this.#client.publishAsync(...message, { qos: 1 })))
    const after = await this.#settled(before.received + messages.length)
    const outcome = (['quarantined', 'skipped', 'duplicates', 'delivered'] as const).find(
      term => after[term] > before[term],
    )
    if (outcome === undefined) throw new Error(`expected an outcome, got ${JSON.stringify(after)}`)
    const {
      code = '',
      detail = '',
      payload: kept = '',
    } = outcome === 'quarantined' ? await this.#readQuarantine(after.quarantined) : {}
    if (outcome === 'quarantined') {
      expect(await this.#readCounter('tromost_readings_quarantined_total', code)).toBeGreaterThan(0)
      expect(await this.#readCounter('tromost_readings_quarantined_total')).toBe(quarantinedBefore + 1)
      await until('the log says why', () => this.#isLogged(firstLine, code, detail))
    }
    await this.#expectHealth(firstLine)
    return { outcome, code, detail, payload: Buffer.from(kept, 'base64').toString() }
  }

  /** The entity as the broker has it, without its id and type. */
  getAttributes(id: string): Readonly<Record<string, unknown>> {
    const { id: _id, type: _type, ...attributes } = this.#getEntity(id)
    return attributes
  }

  /** How many attributes were left out so far. */
  getOmitted(): Promise<number> {
    return this.#readCounter('tromost_attributes_omitted_total')
  }

  /** How many messages gave a time so far that was not believed. */
  getDoubted(): Promise<number> {
    return this.#readCounter('tromost_times_doubted_total')
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true)
    await this.agent.kill9()
    await this.broker.goDown()
    this.#folder.remove()
  }

  async #settled(received: number): Promise<Balance> {
    let balance = await this.agent.getBalance(TENANT)
    const isSettled = async () => {
      balance = await this.agent.getBalance(TENANT)
      return balance.received >= received && balance.waiting === 0
    }
    await until('the message is settled', isSettled, { explain: () => balance })
    return balance
  }

  #getEntity(id: string): Entity {
    const entity = this.broker.store.get(id)
    if (entity === undefined) throw new Error(`expected ${id}, got ${this.broker.store.ids.join(', ')}`)
    return entity
  }

  /** The newest entry, once it is on disk: it is counted a moment earlier. */
  async #readQuarantine(count: number): Promise<QuarantineEntry> {
    let entries: readonly QuarantineEntry[] = []
    const isThere = async () => {
      const { body } = await this.agent.get('/api/v1/quarantine?limit=1000')
      entries = (body as { entries: readonly QuarantineEntry[] }).entries
      return entries.length === count
    }
    await until(`the quarantine has ${count} entries`, isThere, { explain: () => entries.length })
    return entries.at(-1) ?? {}
  }

  /** The sum of the samples of a metric, or of those of one reason. */
  async #readCounter(name: string, reason = ''): Promise<number> {
    const { body } = await this.agent.get('/metrics')
    const samples = String(body)
      .split('\n')
      .filter(line => line.startsWith(name) && line.includes(reason))
    return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  #isLogged(firstLine: number, code: string, detail: string): boolean {
    return this.#linesFrom(firstLine).some(line => line['code'] === code && line['detail'] === detail)
  }

  #linesFrom(firstLine: number): readonly LogLine[] {
    return this.agent.logs.slice(firstLine)
  }

  /** The same process, in all its threads; no payload in its log; and a device that does nothing wrong is served. */
  async #expectHealth(firstLine: number): Promise<void> {
    this.#sequence += 1
    await this.#client.publishAsync(`tromost/${HEALTHY}/up`, toPayload(this.#sequence), { qos: 1 })
    const isServed = () =>
      this.broker.store.valuesOf(toEntityId(HEALTHY), 'sequence').at(-1) === this.#sequence
    await until('the healthy device is served', isServed)
    expect((await this.agent.get('/readyz')).status).toBe(200)
    expect(this.agent.pid).toBe(this.#pid)
    const lines = this.#linesFrom(firstLine)
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
    expect(lines.filter(line => JSON.stringify(line).length > LOG_LINE_CHARS_MAX)).toEqual([])
    expect(this.broker.watch.faults).toEqual([])
  }
}

/** Writes provisioning and profiles of the cases into a folder, beside one device that does nothing wrong. */
export function writeCases(
  folder: AgentFolder,
  { profiles = {}, devices = {}, tenant }: CaseTownOptions,
): void {
  for (const [id, profile] of Object.entries(profiles)) {
    folder.write(`profiles/${id}.yaml`, toProfile(id, profile))
  }
  const { tenants, ...provision } = toProvision([HEALTHY], ['#'])
  folder.write('provision.yaml', {
    ...provision,
    tenants: tenants.map(plain => ({ ...plain, ...tenant })),
    devices: [
      ...provision.devices,
      ...Object.entries(devices).map(([id, device]) => ({
        tenant: TENANT,
        id,
        ...(typeof device === 'string' ? { profile: device } : device),
      })),
    ],
  })
}

function toProfile(id: string, { decode, attributes, outOfRange, entity }: CaseProfile) {
  return {
    ...{ id, vendor: 'Tromost', model: 'Case', description: { en: 'A case', sl: 'Primer' } },
    ...{ source: 'test/adversary', interval: '10m', decode, ...(outOfRange && { outOfRange }) },
    entities: [{ type: 'Thing', attributes, ...entity }],
    samples: [SAMPLE],
  }
}
