/** `npm run bench -- --idle`: what 10,000 sensors that are connected and say nothing take of the agent's memory. */
import { setTimeout as pause } from 'node:timers/promises'
import { inTown } from './bench-town.mjs'
import { readCpuMicros, readMemoryMiB } from './measure.mjs'

const CLIENTS = 10_000
/** The collector has had its turn by then. */
const SETTLE_MS = 20_000

/** Memory in MiB, processor time in microseconds. */
export function measureIdle() {
  return inTown({ clientCount: CLIENTS, devicesPerClient: 1 }, async town => {
    const { pid } = town.agent
    await pause(SETTLE_MS)
    const before = readMemory(pid)
    const cpuBefore = readCpuMicros(pid)
    await town.connect(1)
    const connectCpuMicros = (readCpuMicros(pid) - cpuBefore) / CLIENTS
    await pause(SETTLE_MS)
    const after = readMemory(pid)
    const idleFrom = readCpuMicros(pid)
    await pause(SETTLE_MS)
    const idleShare = (readCpuMicros(pid) - idleFrom) / (SETTLE_MS * 1e3)
    return { clients: CLIENTS, before, after, connectCpuMicros, idleShare }
  })
}

function readMemory(pid) {
  return { rssAnon: readMemoryMiB(pid, 'RssAnon'), vmRss: readMemoryMiB(pid, 'VmRSS') }
}

export function formatIdle({ clients, before, after, connectCpuMicros, idleShare }) {
  const growth = after.rssAnon - before.rssAnon
  return [
    `${clients.toLocaleString('en')} clients that are connected and say nothing, each with a credential and a device of its own`,
    `memory (RssAnon): ${before.rssAnon.toFixed(0)} MiB before, ${after.rssAnon.toFixed(0)} MiB with them, ${((growth * 1024) / clients).toFixed(1)} KiB each; VmRSS ${after.vmRss.toFixed(0)} MiB`,
    `${connectCpuMicros.toFixed(0)} CPU µs for each CONNECT; ${(idleShare * 100).toFixed(1)} % of a processor while nobody speaks`,
  ].join('\n')
}
