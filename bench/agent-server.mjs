/** The built agent with the configuration of the benchmark: fsync, a stub as its context broker, all clients provisioned. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  // Inside the checkout, because the system's folder for temporary files may be in memory, where a flush costs nothing.
  mkdirSync(join(ROOT, 'data'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, 'data/bench-'))
  cpSync(PROFILES, join(folder, 'profiles'), { recursive: true })
  // JSON is YAML.
  writeFileSync(join(folder, 'tromost.yaml'), JSON.stringify(toConfig(brokerPort)))
  writeFileSync(join(folder, 'provision.yaml'), JSON.stringify(toProvision(logins)))
  const agent = spawn(process.execPath, [join(ROOT, 'dist/main.js'), 'start', '--config', 'tromost.yaml'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise(resolve => agent.once('exit', resolve))
  const clear = () => {
    agent.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', clear)
  const stop = async () => {
    process.off('exit', clear)
    agent.kill('SIGKILL')
    await exited
    clear()
  }
  try {
    return { pid: agent.pid, port: await readPort(agent), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Reads the log until the agent is ready; gives the port of its TCP listener. */
function readPort(agent) {
  return new Promise((resolve, reject) => {
    const fail = reason => reject(new Error(`The agent ${reason} before it was ready.`))
    setTimeout(() => fail(`took ${START_MS_MAX} ms`), START_MS_MAX).unref()
    let port
    agent.once('error', reject)
    agent.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`))
    createInterface({ input: agent.stdout }).on('line', line => {
      const log = JSON.parse(line)
      if (log.msg === 'listening' && log.kind === 'tcp') port = log.port
      if (log.msg === 'ready') resolve(port)
    })
  })
}

function toConfig(brokerPort) {
  return {
    dataDir: 'data',
    profiles: ['profiles'],
    provision: 'provision.yaml',
    log: { level: 'info', format: 'json' },
    mqtt: { listeners: [{ kind: 'tcp', port: 0 }] },
    http: { port: 0 },
    journal: { durability: 'fsync' },
    destinations: [
      {
        id: 'main',
        dialect: 'ngsi-ld',
        url: `http://127.0.0.1:${brokerPort}`,
        context: 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld',
        batch: { maxEntities: 100 },
      },
    ],
  }
}

function toProvision(logins) {
  return {
    tenants: [{ id: TENANT, name: { en: 'Benchmark' }, destinations: ['main'] }],
    credentials: logins.map(({ username, password, devices }) => ({
      tenant: TENANT,
      username,
      password,
      // A sensor may publish its own topic; a gateway those of all its devices.
      publish: devices.map(toTopic),
      subscribe: [],
    })),
    devices: logins
      .flatMap(({ devices }) => devices)
      .map(id => ({ tenant: TENANT, id, profile: 'test-six' })),
  }
}
