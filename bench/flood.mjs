/** `npm run bench -- --flood`: how long 200 well-behaved sensors wait for their PUBACK while one client sends as fast as it can. */
import { inTown } from './bench-town.mjs'
import { Child } from './child.mjs'
import { getPercentile, toLatencies } from './measure.mjs'
import { toClients } from './shapes.mjs'

const SENSORS = { clientCount: 200, devicesPerClient: 1 }
/** Five readings a second from each of them. */
const RATE = 1_000
const SECONDS = 15
const IN_FLIGHT = 8
const WARM_UP = 5_000
const FLOOD = { clientCount: 1, devicesPerClient: 1, inFlight: 10_000 }
/** More than it can send while it is looked at. */
const FLOOD_READINGS = 3_000_000
/** Its limits, and none: then nothing but the order of work protects the others. */
const LIMITS = {
  'limits as they are by default': {},
  'no limit': { messagesPerSecond: 1_000_000, bytesPerSecond: '1GiB' },
}

/** PUBACK times in milliseconds, by limits. */
export async function measureFlood() {
  const figures = {}
  for (const [name, limits] of Object.entries(LIMITS)) figures[name] = await measureWith(limits)
  return figures
}

function measureWith(limits) {
  const [flooder] = toClients(FLOOD, 'flooder')
  return inTown({ ...SENSORS, limits, others: [flooder] }, async town => {
    await town.connect(IN_FLIGHT)
    const measure = async readings => {
      const { sentAt, ackedAt } = await town.send(readings, { rate: RATE, isAwaited: false })
      const latencies = toLatencies(sentAt, ackedAt)
      return { p50Ms: getPercentile(latencies, 0.5), p99Ms: getPercentile(latencies, 0.99) }
    }
    await measure(WARM_UP)
    const quiet = await measure(RATE * SECONDS)
    const flood = startFlood(town.agent.port, flooder)
    try {
      return { quiet, flooded: await measure(RATE * SECONDS) }
    } finally {
      flood.stop()
    }
  })
}

/** A process of its own. That its connection is closed is what limits are for. */
function startFlood(port, flooder) {
  const load = new Child(new URL('load-generator.mjs', import.meta.url))
  const flood = async () => {
    await load.ask('connect', { port, logins: [flooder], qos: 1, inFlight: FLOOD.inFlight })
    await load.ask('send', { first: 0, count: FLOOD_READINGS, qos: 1, isPaced: false, window: 0 })
  }
  flood().catch(() => undefined)
  return load
}

export function formatFlood(figures) {
  const rows = Object.entries(figures).map(([name, { quiet, flooded }]) => {
    const times = [quiet, flooded].map(({ p50Ms, p99Ms }) => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`)
    return `| ${[name, ...times, (flooded.p99Ms / quiet.p99Ms).toFixed(2)].join(' | ')} |`
  })
  return [
    `PUBACK of ${SENSORS.clientCount} sensors, ${RATE.toLocaleString('en')} readings a second in all`,
    '',
    '|  | quiet, p50 / p99 ms | while one client floods, p50 / p99 ms | p99, × quiet |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
