/** An outage: so many readings wait while a broker is down; then kill -9, a start, and the drain. Another tenant goes on meanwhile. */
import { AgentFolder, toConfig, toProvision } from './agent-server.mjs'
import { Child } from './child.mjs'
import { getPercentile, nowMs, readCpuMicros, readMemoryMiB, toLatencies } from './measure.mjs'
import { SHAPES, toClients } from './shapes.mjs'

const WARM_UP = 60_000
const IDLE_MS = 5_000
const SAMPLE_MS = 100
const QUIET_READINGS = 20
const MEMORY = ['RssAnon', 'VmRSS']

/** Gives the figures of each phase. */
export async function measureOutage(readings) {
  const outage = new Outage()
  try {
    return await outage.run(readings)
  } finally {
    await outage.stop()
  }
}

class Outage {
  #children = []
  #folder
  #agent
  #broker
  #quietBroker
  #brokerPort
  #next = 0
  #nextQuiet = 0

  async run(readings) {
    this.#broker = this.#fork('stub-broker.mjs')
    this.#quietBroker = this.#fork('stub-broker.mjs')
    this.#brokerPort = (await this.#broker.ask('listen', {})).port
    const { port: quietPort } = await this.#quietBroker.ask('listen', {})
    const shape = { ...SHAPES.pipe, devicesPerClient: 10 }
    const logins = toClients(shape)
    const quietLogins = toClients({ clientCount: 1, devicesPerClient: 1 }, 'quiet')
    this.#folder = new AgentFolder(
      toConfig({ main: this.#brokerPort, other: quietPort }),
      toProvision({
        bench: { logins, destination: 'main' },
        quiet: { logins: quietLogins, destination: 'other' },
      }),
    )
    this.#agent = await this.#folder.start()
    const firstStartCpuMs = readCpuMicros(this.#agent.pid) / 1e3
    const load = this.#fork('load-generator.mjs')
    const connectLoad = () =>
      load.ask('connect', { port: this.#agent.port, logins, qos: 1, inFlight: shape.inFlight })
    await connectLoad()
    await this.#expect(WARM_UP)
    await Promise.all([this.#broker.ask('collect'), this.#send(load, WARM_UP)])
    await pause(IDLE_MS)
    const idle = this.#readMemory()

    this.#broker.stop()
    const intake = await this.#watch(async () => {
      await this.#send(load, readings)
      return this.#measureQuiet(quietLogins)
    })
    const waitingMiB = this.#folder.journalMiB

    await this.#agent.kill()
    const startedAt = nowMs()
    this.#agent = await this.#folder.start()
    const startMs = nowMs() - startedAt
    const startCpuMs = readCpuMicros(this.#agent.pid) / 1e3
    const started = this.#readMemory()

    this.#broker = this.#fork('stub-broker.mjs')
    this.#next -= readings
    await this.#expect(readings)
    this.#next += readings
    const drain = await this.#watch(async () => {
      await this.#broker.ask('listen', { port: this.#brokerPort })
      const [, quiet] = await Promise.all([this.#broker.ask('collect'), this.#measureQuiet(quietLogins)])
      return quiet
    })
    await pause(IDLE_MS)
    const after = this.#readMemory()
    return { readings, idle, firstStartCpuMs, intake, waitingMiB, startMs, startCpuMs, started, drain, after }
  }

  async stop() {
    for (const child of this.#children) child.stop()
    await this.#agent?.kill()
    this.#folder?.remove()
  }

  #fork(script) {
    const child = new Child(new URL(script, import.meta.url))
    this.#children.push(child)
    return child
  }

  #expect(count) {
    return this.#broker.ask('expect', { first: this.#next, count, isPaced: false })
  }

  async #send(load, count) {
    await load.ask('send', { first: this.#next, count, qos: 1, window: 0 })
    this.#next += count
  }

  /** One reading after the other of a tenant that has nothing to do with the outage: from PUBLISH to its own broker. */
  async #measureQuiet(logins) {
    const generator = this.#fork('load-generator.mjs')
    await generator.ask('connect', { port: this.#agent.port, logins, qos: 1, inFlight: 1 })
    const latencies = []
    for (let count = 0; count < QUIET_READINGS; count += 1) {
      const range = { first: this.#nextQuiet, count: 1, qos: 1, window: 1 }
      this.#nextQuiet += 1
      await this.#quietBroker.ask('expect', range)
      const [{ arrivedAt }, { sentAt }] = await Promise.all([
        this.#quietBroker.ask('collect'),
        generator.ask('send', range),
      ])
      latencies.push(...toLatencies(sentAt, arrivedAt))
    }
    generator.stop()
    return { quietP50Ms: getPercentile(latencies, 0.5), quietMaxMs: Math.max(...latencies) }
  }

  /** How long a phase takes, and the most memory in it. */
  async #watch(work) {
    const peaks = Object.fromEntries(MEMORY.map(field => [field, 0]))
    const sample = () => {
      const memory = this.#readMemory()
      for (const field of MEMORY) peaks[field] = Math.max(peaks[field], memory[field])
    }
    const timer = setInterval(sample, SAMPLE_MS)
    const startedAt = nowMs()
    try {
      const result = await work()
      return { seconds: (nowMs() - startedAt) / 1e3, peaks, ...result }
    } finally {
      clearInterval(timer)
    }
  }

  #readMemory() {
    return Object.fromEntries(MEMORY.map(field => [field, readMemoryMiB(this.#agent.pid, field)]))
  }
}

export function formatOutage(outage) {
  const { readings, idle, firstStartCpuMs, intake, waitingMiB, startMs, startCpuMs, started, drain, after } =
    outage
  const row = (name, seconds, memory, quiet) => {
    const own = quiet === undefined ? '–' : `${quiet.quietP50Ms.toFixed(0)} / ${quiet.quietMaxMs.toFixed(0)}`
    return `| ${[name, seconds, memory.RssAnon.toFixed(0), memory.VmRSS.toFixed(0), own].join(' | ')} |`
  }
  return [
    `${readings.toLocaleString('en')} readings wait, ${waitingMiB.toFixed(0)} MiB on disk.`,
    `CPU time of the first start ${firstStartCpuMs.toFixed(0)} ms, of that after kill -9 ${startCpuMs.toFixed(0)} ms.`,
    '',
    '| phase | seconds | RssAnon MiB | VmRSS MiB | another tenant, p50 / most ms |',
    '| --- | --- | --- | --- | --- |',
    row('idle, after a warm-up', '–', idle),
    row('broker down, readings come', intake.seconds.toFixed(1), intake.peaks, intake),
    row('started after kill -9', (startMs / 1e3).toFixed(2), started),
    row('broker back, backlog drains', drain.seconds.toFixed(1), drain.peaks, drain),
    row('idle again', '–', after),
  ].join('\n')
}

function pause(ms) {
  return new Promise(resolve => setTimeout(resolve, ms))
}
