/** `npm run bench -- --flat`: whether a reading costs the same with few and with many devices, and with an empty and a full journal. */
import { setTimeout as pause } from 'node:timers/promises'
import { inTown } from './bench-town.mjs'
import { importDevices } from './import.mjs'
import { readCpuMicros } from './measure.mjs'

const IN_FLIGHT = 100
const READINGS = 400_000
/** Every device has spoken some times by then: what an agent knows of each is there for months. */
const WARM_UP = 300_000
const ROUNDS = 3
/** How many devices there are. */
const SIZES = [10, 100, 1_000, 10_000, 100_000]
const CLIENTS = 100
/** Of up to so many every gateway speaks for each, so that they take turns however few they are. */
const SHARED_MAX = 100
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
  const devices = SIZES.map((count, index) => ({ devices: count, micros: getMedian(costs[index]) }))
  return { devices, backlog: await measureBacklog() }
}

/** The load is the same however many devices there are. */
function measureDevices(count) {
  const shape = {
    clientCount: CLIENTS,
    devicesPerClient: Math.ceil(count / CLIENTS),
    publish: ['tromost/+/up'],
  }
  return inTown(shape, async town => {
    const ids = town.logins.flatMap(({ devices }) => devices).slice(0, count)
    await importAll(town.agent, ids)
    if (count <= SHARED_MAX) town.logins = town.logins.map(login => ({ ...login, devices: ids }))
    await town.connect(IN_FLIGHT)
    await town.send(WARM_UP)
    const before = readCpuMicros(town.agent.pid)
    await town.send(READINGS)
    return (readCpuMicros(town.agent.pid) - before) / READINGS
  })
}

async function importAll(agent, ids) {
  for (let first = 0; first < ids.length; first += IMPORTED)
    await importDevices(agent, ids.slice(first, first + IMPORTED), () => pause(LOOK_MS))
}

function measureBacklog() {
  return inTown({ clientCount: CLIENTS, devicesPerClient: 10 }, async town => {
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
