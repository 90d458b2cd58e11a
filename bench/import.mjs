/** `npm run bench -- --import`: 10,000 devices are imported while readings come; each reading has to arrive, and to arrive once. */
import { AgentFolder, toConfig, toProvision } from './agent-server.mjs'
import { Child } from './child.mjs'
import { getPercentile, nowMs, toLatencies } from './measure.mjs'
import { toClients } from './shapes.mjs'

const DEVICES = 10_000
/** Sensors that each wait for their PUBACK, far below what the machine can do. */
const SENSORS = { clientCount: 50, devicesPerClient: 1 }
const WARM_UP = 20_000
const QUIET = 20_000
/** Readings of one part of the load, after which the import is looked at. */
const PART = 500

/** Gives the seconds of the import, and PUBACK times in milliseconds without and with it. */
export async function measureImport() {
  const load = new Child(new URL('load-generator.mjs', import.meta.url))
  const broker = new Child(new URL('stub-broker.mjs', import.meta.url))
  const logins = toClients(SENSORS)
  let folder
  let agent
  try {
    const { port: brokerPort } = await broker.ask('listen', {})
    folder = new AgentFolder(
      toConfig({ main: brokerPort }),
      toProvision({ bench: { logins, destination: 'main' } }),
    )
    agent = await folder.start()
    await load.ask('connect', { port: agent.port, logins, qos: 1, inFlight: 1 })
    const readings = new Readings(load, broker)
    await readings.send(WARM_UP)
    const quiet = await readings.send(QUIET)
    return { devices: DEVICES, quiet: toFigures(quiet), ...(await importWhile(agent, readings)) }
  } finally {
    load.stop()
    broker.stop()
    await agent?.kill()
    folder?.remove()
  }
}

class Readings {
  #load
  #broker
  #next = 0

  constructor(load, broker) {
    this.#load = load
    this.#broker = broker
  }

  /** Gives the PUBACK times once all of them have arrived at the broker. */
  async send(count) {
    const range = { first: this.#next, count, qos: 1, isPaced: false, window: 0 }
    this.#next += count
    await this.#broker.ask('expect', range)
    const [, { sentAt, ackedAt }] = await Promise.all([
      this.#broker.ask('collect'),
      this.#load.ask('send', range),
    ])
    return [...toLatencies(sentAt, ackedAt)]
  }
}

/** What is told of the import comes from the agent itself: when it began, and when its last device was in use. */
async function importWhile(agent, readings) {
  const ids = Array.from({ length: DEVICES }, (_, at) => `new-${at}`)
  const startedAt = nowMs()
  const latencies = []
  const job = await importDevices(agent, ids, async () => latencies.push(...(await readings.send(PART))))
  const seconds = (Date.parse(job.endedAt) - Date.parse(job.startedAt)) / 1e3
  return { seconds, seenSeconds: (nowMs() - startedAt) / 1e3, during: toFigures(latencies) }
}

/** Imports devices over HTTP, and does something else until they are in use. Gives the job as it ended. */
export async function importDevices({ httpPort, token }, ids, meanwhile) {
  const ask = async (path, init = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' }
    const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, { ...init, headers })
    if (!answer.ok) throw new Error(`expected ${path} to be answered, got ${answer.status}`)
    return answer.json()
  }
  const body = ['id,profile,name,lat,lon', ...ids.map(id => `${id},test-six,Room of ${id},46.2,14.3`)]
  const { id } = await ask('/api/v1/devices/import?tenant=bench', { method: 'POST', body: body.join('\n') })
  let job
  do {
    await meanwhile()
    job = await ask(`/api/v1/devices/import/${id}?limit=1`)
  } while (job.state === 'running')
  if (job.counts.created !== ids.length)
    throw new Error(`expected ${ids.length} devices, got ${JSON.stringify(job)}`)
  return job
}

function toFigures(latencies) {
  return {
    readings: latencies.length,
    pubackP50Ms: getPercentile(latencies, 0.5),
    pubackP99Ms: getPercentile(latencies, 0.99),
    pubackMostMs: Math.max(...latencies),
  }
}

export function formatImport({ devices, seconds, quiet, during }) {
  const row = (name, { readings, pubackP50Ms, pubackP99Ms, pubackMostMs }) => {
    const times = [pubackP50Ms, pubackP99Ms, pubackMostMs].map(ms => ms.toFixed(1))
    return `| ${[name, readings.toLocaleString('en'), ...times].join(' | ')} |`
  }
  return [
    `${devices.toLocaleString('en')} devices imported in ${seconds.toFixed(1)} s; every reading arrived.`,
    '',
    '|  | readings | PUBACK p50 ms | p99 ms | most ms |',
    '| --- | --- | --- | --- | --- |',
    row('quiet', quiet),
    row('during the import', during),
  ].join('\n')
}
