/** The built agent with the configuration of the benchmark: fsync, a stub as its context broker, all clients provisioned. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { toTopic } from './shapes.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROFILES = join(ROOT, 'test/support/profiles')
const TENANT = 'bench'
const START_MS_MAX = 30_000

/**
 * Starts the agent; gives its process id, its MQTT port and what ends it.
 * @param {readonly { username: string, password: string, devices: readonly string[] }[]} logins
 */
export async function startAgent(logins, brokerPort) {
  const folder = new AgentFolder(
    toConfig({ main: brokerPort }),
    toProvision({ [TENANT]: { logins, destination: 'main' } }),
  )
  const { pid, port, kill } = await folder.start()
  const stop = async () => {
    await kill()
    folder.remove()
  }
  return { pid, port, stop }
}

/** Configuration, provisioning and data of one agent, which may be started on it again and again. */
export class AgentFolder {
  #folder
  #agent
  #clear = () => {
    this.#agent?.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  constructor(config, provision) {
    // Inside the checkout, because the system's folder for temporary files may be in memory, where a flush costs nothing.
    mkdirSync(join(ROOT, 'data'), { recursive: true })
    this.#folder = mkdtempSync(join(ROOT, 'data/bench-'))
    cpSync(PROFILES, join(this.#folder, 'profiles'), { recursive: true })
    // JSON is YAML.
    writeFileSync(join(this.#folder, 'tromost.yaml'), JSON.stringify(config))
    writeFileSync(join(this.#folder, 'provision.yaml'), JSON.stringify(provision))
    process.once('exit', this.#clear)
  }

  /** What the data file takes on disk, in MiB. */
  get journalMiB() {
    return (statSync(join(this.#folder, 'data/journal/data.mdb')).blocks * 512) / 1024 ** 2
  }

  /** Gives its process id, its MQTT and HTTP ports, what kills it, and its token where it is the first start, once it is ready. */
  async start() {
    const main = join(ROOT, 'dist/main.js')
    const agent = spawn(process.execPath, [main, 'start', '--config', 'tromost.yaml'], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#agent = agent
    const exited = new Promise(resolve => agent.once('exit', resolve))
    const kill = async () => {
      agent.kill('SIGKILL')
      await exited
    }
    try {
      return { pid: agent.pid, ...(await readLog(agent)), kill }
    } catch (error) {
      await kill()
      this.remove()
      throw error
    }
  }

  remove() {
    process.off('exit', this.#clear)
    this.#clear()
  }
}

/** Reads the log until the agent is ready. */
function readLog(agent) {
  return new Promise((resolve, reject) => {
    const fail = reason => reject(new Error(`The agent ${reason} before it was ready.`))
    setTimeout(() => fail(`took ${START_MS_MAX} ms`), START_MS_MAX).unref()
    const told = {}
    agent.once('error', reject)
    agent.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`))
    createInterface({ input: agent.stdout }).on('line', line => {
      const log = JSON.parse(line)
      if (log.msg === 'listening' && log.kind === 'tcp') told.port = log.port
      if (log.msg === 'listening' && log.kind === 'http') told.httpPort = log.port
      if (log.token !== undefined) told.token = log.token
      if (log.msg === 'ready') resolve(told)
    })
  })
}

/**
 * Unless a mode has limits of its own, each client is one device at full speed, which no sensor is: the pace is watched all the same.
 * @param {Record<string, number>} brokerPorts by the id of the destination
 */
export function toConfig(brokerPorts, limits = { messagesPerSecond: 100_000, bytesPerSecond: '1GiB' }) {
  return {
    dataDir: 'data',
    profiles: ['profiles'],
    provision: 'provision.yaml',
    log: { level: 'info', format: 'json' },
    mqtt: {
      listeners: [{ kind: 'tcp', port: 0 }],
      limits,
    },
    http: { port: 0 },
    journal: { durability: 'fsync' },
    destinations: Object.entries(brokerPorts).map(([id, port]) => ({
      id,
      dialect: 'ngsi-ld',
      url: `http://127.0.0.1:${port}`,
      context: 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld',
      batch: { maxEntities: 100 },
      retry: { initial: '100ms', max: '1s' },
    })),
  }
}

/** @param {Record<string, { logins: readonly object[], destination: string }>} tenants by id */
export function toProvision(tenants) {
  const all = Object.entries(tenants).flatMap(([tenant, { logins }]) =>
    logins.map(login => ({ tenant, ...login })),
  )
  return {
    tenants: Object.entries(tenants).map(([id, { destination }]) => ({ id, destinations: [destination] })),
    credentials: all.map(({ tenant, username, password, devices, publish }) => ({
      tenant,
      username,
      password,
      // A sensor may publish its own topic; a gateway those of all its devices.
      publish: publish ?? devices.map(toTopic),
      subscribe: [],
    })),
    // More than a file should hold are imported.
    devices: all.flatMap(({ tenant, devices, publish }) =>
      publish === undefined ? devices.map(id => ({ tenant, id, profile: 'test-six' })) : [],
    ),
  }
}
