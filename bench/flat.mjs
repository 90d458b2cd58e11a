/** `npm run bench -- --flat`: whether a reading costs the same with few and with many devices, and with an empty and a full journal. */
import { setTimeout as pause } from 'node:timers/promises'
import { inTown } from './bench-town.mjs'
import { importDevices } from './import.mjs'
import { readCpuMicros } from './measure.mjs'

const IN_FLIGHT = 100
const READINGS = 400_000
const WARM_UP = 100_000
const ROUNDS = 3
const SIZES = [
  { clientCount: 10, devicesPerClient: 1 },
  { clientCount: 100, devicesPerClient: 100 },
  { clientCount: 100, devicesPerClient: 1_000, publish: ['tromost/+/up'] },
]
/** Devices of one import. */
const IMPORTED = 10_000
const LOOK_MS = 100
const BACKLOG = 1_000_000
const PART = 100_000

/** CPU microseconds per reading: by devices that all speak in turn, and of each hundred thousand that wait for a broker. */
export async function measureFlat() {
  const costs = SIZES.map(() => [])
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, size] of SIZES.entries()) costs[index].push(await measureDevices(size))
  }
  const devices = SIZES.map(({ clientCount, devicesPerClient }, index) => ({
    devices: clientCount * devicesPerClient,
    micros: getMedian(costs[index]),
  }))
  return { devices, backlog: await measureBacklog() }
}

function measureDevices(size) {
  return inTown(size, async town => {
    if (size.publish !== undefined) await importAll(town)
    await town.connect(IN_FLIGHT)
    await town.send(WARM_UP)
    const before = readCpuMicros(town.agent.pid)
    await town.send(READINGS)
    return (readCpuMicros(town.agent.pid) - before) / READINGS
  })
}

async function importAll({ agent, logins }) {
  const ids = logins.flatMap(({ devices }) => devices)
  for (let first = 0; first < ids.length; first += IMPORTED)
    await importDevices(agent, ids.slice(first, first + IMPORTED), () => pause(LOOK_MS))
}

function measureBacklog() {
  return inTown({ clientCount: 100, devicesPerClient: 10 }, async town => {
    await town.connect(IN_FLIGHT)
    await town.send(WARM_UP)
    town.broker.stop()
    const micros = []
    for (let waiting = 0; waiting < BACKLOG; waiting += PART) {
      const before = readCpuMicros(town.agent.pid)
      await town.send(PART, { isAwaited: false })
      micros.push((readCpuMicros(town.agent.pid) - before) / PART)
    }
    return micros
  })
}

function getMedian(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}

export function formatFlat({ devices, backlog }) {
  const rows = devices.map(
    ({ devices: count, micros }) => `| ${count.toLocaleString('en')} | ${micros.toFixed(1)} |`,
  )
  return [
    '| devices that speak | CPU µs per reading |',
    '| --- | --- |',
    ...rows,
    '',
    `Taken in while a broker is down, by each ${PART.toLocaleString('en')} that wait already: ${backlog.map(micros => micros.toFixed(1)).join(', ')} CPU µs`,
  ].join('\n')
}
