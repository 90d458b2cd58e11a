/** A small municipality for one test: a stub broker, an agent that delivers to it, and devices of the test profile. */
import { AgentFolder } from './agent-folder.ts'
import { AgentProcess } from './agent-process.ts'
import { Sensor } from './sensor.ts'
import { StubBroker } from './stub-broker.ts'

export const TENANT = 'kranj'
/** The credential that may publish for every device of the town, as a gateway does. */
export const GATEWAY = { username: 'kranj-gateway', password: 'seven-bridges-over-kokra' }
/** A credential of somebody else, who may publish nothing of the town. */
export const STRANGER = { username: 'bled-gateway', password: 'cream-cake-by-the-lake' }

const GATEWAY_TOPICS = ['tromost/+/up', '/kranj-key/#', '/json/kranj-key/#', 'kranj-key/#']

export interface TownOptions {
  readonly deviceCount?: number
  /** Of all devices. */
  readonly profile?: string
  /** Devices of other profiles, each with a codec script of its own. */
  readonly scripts?: Readonly<Record<string, string>>
  /** Topics of the gateway's credential. */
  readonly mayPublish?: readonly string[]
  /** Over the configuration of the destination, such as timeouts. */
  readonly destination?: Readonly<Record<string, unknown>>
  /** Over the rest of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Over the tenant. */
  readonly tenant?: Readonly<Record<string, unknown>>
  /** Of Node.js, before the agent's own. */
  readonly nodeArguments?: readonly string[]
  /** Other files of the agent's folder, by name. */
  readonly files?: Readonly<Record<string, unknown>>
}

export class Town {
  readonly broker: StubBroker
  readonly agent: AgentProcess
  readonly devices: readonly string[]
  readonly folder: AgentFolder
  readonly #sensors: Sensor[] = []

  private constructor(
    broker: StubBroker,
    agent: AgentProcess,
    folder: AgentFolder,
    devices: readonly string[],
  ) {
    this.broker = broker
    this.agent = agent
    this.folder = folder
    this.devices = devices
  }

  static async start({
    deviceCount = 10,
    profile,
    scripts = {},
    mayPublish,
    destination = {},
    config = {},
    tenant = {},
    nodeArguments = [],
    files = {},
  }: TownOptions = {}): Promise<Town> {
    const devices = Array.from({ length: deviceCount }, (_, index) => `six-${index + 1}`)
    const folder = new AgentFolder()
    const broker = await StubBroker.start()
    try {
      const provision = toProvision(devices, mayPublish, profile)
      const scripted = Object.entries(scripts).map(([id, source]) => ({
        id,
        profile: toScriptProfile(id, source),
      }))
      for (const script of scripted) folder.write(`profiles/${script.id}.yaml`, script.profile)
      folder.write('provision.yaml', {
        ...provision,
        tenants: provision.tenants.map(plain => ({ ...plain, ...tenant })),
        devices: [
          ...provision.devices,
          ...scripted.map(scriptDevice => ({
            tenant: TENANT,
            id: scriptDevice.id,
            profile: scriptDevice.profile.id,
          })),
        ],
      })
      for (const [name, content] of Object.entries(files)) folder.write(name, content)
      const whole = { destinations: [toDestination(broker.url, destination)], ...config }
      const agent = await AgentProcess.start(folder, whole, nodeArguments)
      return new Town(broker, agent, folder, devices)
    } catch (error) {
      await broker.goDown()
      folder.remove()
      throw error
    }
  }

  /** Connects one sensor per device, each on a connection of its own. */
  async connectSensors(firstSequences: ReadonlyMap<string, number> = new Map()): Promise<Sensor[]> {
    const login = { ...GATEWAY, url: this.agent.mqttUrl }
    const sensors = await Promise.all(
      this.devices.map(device => Sensor.connect(login, device, firstSequences.get(device) ?? 1)),
    )
    this.#sensors.push(...sensors)
    return sensors
  }

  /** The running numbers of one device that the broker has, in the order in which they first came. */
  arrivedOf(device: string): readonly unknown[] {
    return this.broker.store.valuesOf(toEntityId(device), 'sequence')
  }

  /** What was acknowledged to these sensors and never came to the broker. */
  lostOf(sensors: readonly Sensor[]): readonly { readonly device: string; readonly sequence: number }[] {
    return sensors.flatMap(({ device, acknowledged }) => {
      const arrived = new Set(this.arrivedOf(device))
      return acknowledged.filter(sequence => !arrived.has(sequence)).map(sequence => ({ device, sequence }))
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#sensors.map(sensor => sensor.close()))
    await this.agent.kill9()
    await this.broker.goDown()
    this.folder.remove()
  }
}

/** Makes the same entities as the profile of the other devices. Its sample is a frame of nothing but a zero. */
function toScriptProfile(device: string, source: string) {
  const text = { en: 'Test sensor with a script', sl: 'Preskusni senzor s skripto' }
  return {
    ...{ id: `script-${device}`, vendor: 'Tromost', model: 'Script', description: text },
    ...{ source: 'test/support/town.ts', interval: '10m', decode: { script: { source } } },
    entities: [{ type: 'WeatherObserved', attributes: { sequence: { from: 'sequence' } } }],
    samples: [{ name: 'nothing', payload: { hex: '00' }, device: { id: device }, entities: [] }],
  }
}

export function toEntityId(device: string): string {
  return `urn:ngsi-ld:WeatherObserved:${device}`
}

export function toDestination(url: string, overrides: Readonly<Record<string, unknown>> = {}) {
  return {
    id: 'main',
    dialect: 'ngsi-ld',
    url,
    context: 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld',
    // Far shorter than in a town, so that a broker that comes back is noticed within a test.
    retry: { initial: '50ms', max: '1s' },
    ...overrides,
  }
}

export function toProvision(
  devices: readonly string[],
  mayPublish: readonly string[] = GATEWAY_TOPICS,
  profile = 'test-six',
) {
  return {
    tenants: [{ id: TENANT, name: { en: 'City of Kranj' }, destinations: ['main'], brokerTenant: TENANT }],
    credentials: [
      { tenant: TENANT, ...GATEWAY, publish: mayPublish, subscribe: [] },
      { tenant: TENANT, ...STRANGER, publish: ['bled/#'], subscribe: [] },
    ],
    devices: devices.map(id => ({ tenant: TENANT, id, profile, apikey: 'kranj-key' })),
  }
}
