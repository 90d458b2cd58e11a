/** One measured round: starts the processes, connects all clients, warms up, marks, runs, marks again. */
import { startAgent } from './agent-server.mjs'
import { Child } from './child.mjs'
import { getPercentile, nowMs, readCpuMicros, readPeakMemoryMiB, toLatencies } from './measure.mjs'
import { toClients } from './shapes.mjs'

/** Where readings end: behind the agent, or in what it is compared with. */
const SINKS = { agent: 'stub-broker.mjs', aedes: 'bare-aedes.mjs' }

/**
 * @param {'agent' | 'aedes'} server
 * @param {{ shape: import('./shapes.mjs').Shape, qos: 0 | 1, readings: number }} load
 */
export async function runRound(server, load) {
  const logins = toClients(load.shape)
  const generator = new Child(new URL('load-generator.mjs', import.meta.url))
  const sink = new Child(new URL(SINKS[server], import.meta.url))
  let agent
  try {
    const { port } = await sink.ask('listen')
    if (server === 'agent') agent = await startAgent(logins, port)
    return await measure({ generator, sink, logins, ...(agent ?? { pid: sink.pid, port }) }, load)
  } finally {
    generator.stop()
    await agent?.stop()
    sink.stop()
  }
}

async function measure({ generator, sink, logins, pid, port }, { shape, qos, readings }) {
  const send = async (first, count) => {
    const range = { first, count, qos, isPaced: qos === 0, window: shape.window }
    await sink.ask('expect', range)
    return Promise.all([sink.ask('collect'), generator.ask('send', range)])
  }
  sink.onProgress = count => generator.tell('seen', { count })
  await generator.ask('connect', { port, logins, qos, inFlight: shape.inFlight })
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
}

/** Half and 99 of 100 were at most so late, in milliseconds; undefined where nothing was to be measured. */
function toPercentiles(name, latencies) {
  const hasAny = latencies.length > 0
  return {
    [`${name}P50Ms`]: hasAny ? getPercentile(latencies, 0.5) : undefined,
    [`${name}P99Ms`]: hasAny ? getPercentile(latencies, 0.99) : undefined,
  }
}
