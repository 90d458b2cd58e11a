/** One measured round: starts the processes, connects all clients, warms up, marks, runs, marks again. */
import { startAgent } from './agent-server.mjs'
import { Child } from './child.mjs'
import { getPercentile, nowMs, readCpuMicros, readPeakMemoryMiB, toLatencies } from './measure.mjs'
import { toClients } from './shapes.mjs'

/**
 * @param {'agent' | 'aedes'} server
 * @param {{ shape: import('./shapes.mjs').Shape, qos: 0 | 1, readings: number }} load
 */
export async function runRound(server, { shape, qos, readings }) {
  const logins = toClients(shape)
  const generator = new Child(new URL('load-generator.mjs', import.meta.url))
  const target = await (server === 'agent' ? startAgentWithStub(logins) : startBareAedes())
  const { pid, port, sink } = target
  try {
    sink.onProgress = count => generator.tell('seen', { count })
    await generator.ask('connect', { port, logins, qos, inFlight: shape.inFlight })
    const send = async (first, count) => {
      const range = { first, count, qos, isPaced: qos === 0, window: shape.window }
      await sink.ask('expect', range)
      return Promise.all([sink.ask('collect'), generator.ask('send', range)])
    }
    await send(0, shape.warmUp)
    const startedAt = nowMs()
    const cpuBefore = readCpuMicros(pid)
    const [{ arrivedAt }, { sentAt, ackedAt }] = await send(shape.warmUp, readings)
    const cpuMicros = readCpuMicros(pid) - cpuBefore
    const seconds = (nowMs() - startedAt) / 1e3
    return {
      cpuMicrosPerReading: cpuMicros / readings,
      readingsPerSecond: readings / seconds,
      ...toPercentiles('puback', toLatencies(sentAt, ackedAt)),
      ...toPercentiles('delivery', toLatencies(sentAt, arrivedAt)),
      peakMemoryMiB: readPeakMemoryMiB(pid),
    }
  } finally {
    generator.stop()
    await target.stop()
  }
}

async function startAgentWithStub(logins) {
  const sink = new Child(new URL('stub-broker.mjs', import.meta.url))
  const { port: brokerPort } = await sink.ask('listen')
  const agent = await startAgent(logins, brokerPort)
  const stop = async () => {
    await agent.stop()
    sink.stop()
  }
  return { pid: agent.pid, port: agent.port, sink, stop }
}

async function startBareAedes() {
  const sink = new Child(new URL('bare-aedes.mjs', import.meta.url))
  const { port } = await sink.ask('listen')
  return { pid: sink.pid, port, sink, stop: async () => sink.stop() }
}

/** Half and 99 of 100 were at most so late, in milliseconds; undefined where nothing was to be measured. */
function toPercentiles(name, latencies) {
  const hasAny = latencies.length > 0
  return {
    [`${name}P50Ms`]: hasAny ? getPercentile(latencies, 0.5) : undefined,
    [`${name}P99Ms`]: hasAny ? getPercentile(latencies, 0.99) : undefined,
  }
}
