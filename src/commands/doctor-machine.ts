/** The machine: room on the disk and how fast it flushes, and ports that are free. */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { getMessage } from '../errors.ts'
import { getFreeBytes } from '../journal/disk.ts'
import { getCode } from '../uplink/failure-code.ts'
import { isFolderTaken } from './data-folder.ts'
import type { Diagnosis } from './diagnosis.ts'
import { getStorage } from './part-options.ts'

const MIB = 1024 ** 2
const FLUSHES = 20
/** About what one group of messages is. */
const FLUSH_BYTES = 16 * 1024
/** Every acknowledgement waits for one. */
const FLUSH_MS_MAX = 50

const PORT_REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'end the program that has it, or choose another port',
  EACCES: 'ports below 1024 are for root: choose another one, or allow it (CAP_NET_BIND_SERVICE)',
  EADDRNOTAVAIL: 'name an address of this machine; 0.0.0.0 is every one of them',
}

export function examineDisk(config: Config): readonly Diagnosis[] {
  const folder = findFolder(resolve(config.dataDir))
  const subject = `disk of ${config.dataDir}`
  try {
    const free = getFreeBytes(folder)
    return [
      { subject, ...judgeRoom(config, free) },
      { subject, ...judgeFlush(measureFlush(folder)) },
    ]
  } catch (error) {
    const remedy = 'let the user that runs the agent write there, or choose another dataDir'
    return [{ subject, state: 'fault', found: getMessage(error), remedy }]
  }
}

/** The folder itself, or the one that it would be made in. */
function findFolder(path: string): string {
  return existsSync(path) ? path : findFolder(dirname(path))
}

function judgeRoom(config: Config, free: number): Omit<Diagnosis, 'subject'> {
  const { folder, maxBytes } = getStorage(config)
  const missing = maxBytes + config.journal.diskReserve - sumBytes(folder)
  const found = `${Math.floor(free / MIB)} MiB free`
  if (free >= missing) return { state: 'ok', found }
  if (free < config.journal.diskReserve)
    return { state: 'fault', found, remedy: 'make room: no message is acknowledged (journal.diskReserve)' }
  const remedy = `make room, or lower journal.maxBytes and quarantine.maxBytes: they may take ${Math.ceil(missing / MIB)} MiB more`
  return { state: 'warning', found, remedy }
}

function sumBytes(folder: string): number {
  if (!existsSync(folder)) return 0
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** In milliseconds, the median. */
function measureFlush(folder: string): number {
  const own = mkdtempSync(join(folder, 'tromost-doctor-'))
  try {
    const file = openSync(join(own, 'flush'), 'w')
    const times = Array.from({ length: FLUSHES }, () => {
      const startedAt = performance.now()
      writeSync(file, Buffer.alloc(FLUSH_BYTES, 1))
      fdatasyncSync(file)
      return performance.now() - startedAt
    })
    closeSync(file)
    return times.toSorted((a, b) => a - b)[FLUSHES / 2] ?? 0
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

export function judgeFlush(ms: number): Omit<Diagnosis, 'subject'> {
  const found = `a flush takes ${ms.toFixed(1)} ms`
  if (ms <= FLUSH_MS_MAX) return { state: 'ok', found }
  return {
    state: 'warning',
    found,
    remedy: 'each acknowledgement waits for one: use a local disk, best an SSD',
  }
}

export async function examinePorts({ dataDir, mqtt, http, measures }: Config): Promise<readonly Diagnosis[]> {
  const places = [
    ...mqtt.listeners.map(({ kind, host, port }) => ({ name: `mqtt (${kind})`, host, port })),
    { name: 'http', host: http.host, port: http.port },
    ...(measures === undefined ? [] : [{ name: 'measures', ...measures }]),
  ]
  const isRunning = await isFolderTaken(dataDir)
  return Promise.all(
    places.map(async ({ name, host, port }) => ({
      subject: `port ${host}:${port} for ${name}`,
      ...judgePort(await tryPort(host, port), isRunning),
    })),
  )
}

function judgePort(error: unknown, isRunning: boolean): Omit<Diagnosis, 'subject'> {
  if (error === undefined) return { state: 'ok', found: 'free' }
  const code = getCode(error)
  if (isRunning && code === 'EADDRINUSE')
    return { state: 'ok', found: 'taken, by the agent that runs on this data folder' }
  const remedy = PORT_REMEDIES[code]
  return { state: 'fault', found: getMessage(error), ...(remedy !== undefined && { remedy }) }
}

/** What stands against it. */
function tryPort(host: string, port: number): Promise<unknown> {
  return new Promise(done => {
    const server = createServer()
    server.once('error', done)
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)))
  })
}
