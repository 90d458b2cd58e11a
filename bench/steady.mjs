/** `npm run bench -- --steady`: how long sensors wait for their PUBACK at a rate that the machine can bear, measured from the moment when they are to send. */
import { inTown } from './bench-town.mjs'
import { getPercentile, readCpuMicros, toLatencies } from './measure.mjs'

const RATE = 5_000
const SECONDS = 20
const SENSORS = { clientCount: 1_000, devicesPerClient: 1 }
/** A sensor may be due again before its last reading is acknowledged. */
const IN_FLIGHT = 8

/** Times in milliseconds. */
export function measureSteady() {
  return inTown(SENSORS, async town => {
    await town.connect(IN_FLIGHT)
    await town.send(RATE * 5, { rate: RATE })
    const cpuBefore = readCpuMicros(town.agent.pid)
    const { sentAt, ackedAt } = await town.send(RATE * SECONDS, { rate: RATE })
    const cpuMicros = readCpuMicros(town.agent.pid) - cpuBefore
    const latencies = toLatencies(sentAt, ackedAt)
    return {
      rate: RATE,
      readings: RATE * SECONDS,
      cpuMicrosPerReading: cpuMicros / (RATE * SECONDS),
      pubackP50Ms: getPercentile(latencies, 0.5),
      pubackP99Ms: getPercentile(latencies, 0.99),
      pubackMostMs: latencies.reduce((most, latency) => Math.max(most, latency), 0),
    }
  })
}

export function formatSteady({
  rate,
  readings,
  cpuMicrosPerReading,
  pubackP50Ms,
  pubackP99Ms,
  pubackMostMs,
}) {
  const [p50, p99, most] = [pubackP50Ms, pubackP99Ms, pubackMostMs].map(ms => ms.toFixed(1))
  return [
    `${readings.toLocaleString('en')} readings at ${rate.toLocaleString('en')} a second, from ${SENSORS.clientCount.toLocaleString('en')} sensors`,
    `PUBACK after ${p50} ms (p50), ${p99} ms (p99), ${most} ms (most); ${cpuMicrosPerReading.toFixed(1)} CPU µs per reading`,
  ].join('\n')
}
