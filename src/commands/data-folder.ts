/** One agent per data folder: two would number messages alike and settle each other's. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { showValue } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'

const FILE_NAME = 'agent.sock'
const FORMAT_FILE = 'format'
/** Of what is in the folder; rises with every change that an older version could not read. */
const FORMAT = 1
/** What the kernel takes as the path of a socket, with its end (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107

/**
 * Takes the folder, or fails because another agent has it. The kernel answers on a socket for as long as its process lives, and
 * not a moment longer: after kill -9 nobody has to tidy up.
 */
export async function claimDataFolder(dataDir: string): Promise<() => Promise<void>> {
  const path = getSocketPath(dataDir)
  const server = (await listen(path)) ?? (await takeOver(path))
  if (server === undefined) {
    throw new TromostError('DATA_DIR_UNUSABLE', `${dataDir}: another agent is running on this folder`)
  }
  try {
    checkFormat(join(dataDir, FORMAT_FILE))
  } catch (error) {
    server.close()
    throw error
  }
  // Only its being there counts; it must not keep a process alive that has stopped.
  server.unref()
  return () => new Promise(resolve => server.close(() => resolve()))
}

/** A folder that a newer version has written to is left alone: what it says there would be misread. */
function checkFormat(file: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
  if (text === '') writeFileSync(file, `${FORMAT}\n`)
  if (text === '' || text === `${FORMAT}`) return
  const detail = `expected the format ${FORMAT} of this version, got ${showValue(text)}; start the version that wrote it`
  throw new TromostError('DATA_DIR_UNUSABLE', `${file}: ${detail}`)
}

function getSocketPath(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 })
  } catch (error) {
    throw new TromostError('DATA_DIR_UNUSABLE', `${dataDir}: ${getMessage(error)}`, { cause: error })
  }
  return toSocketPath(realpathSync(dataDir))
}

/** Whether an agent runs on the folder. Makes nothing. */
export async function isFolderTaken(dataDir: string): Promise<boolean> {
  return existsSync(dataDir) && isAnswered(toSocketPath(realpathSync(dataDir)))
}

function toSocketPath(folder: string): string {
  const path = join(folder, FILE_NAME)
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return path
  return join(tmpdir(), `tromost-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.sock`)
}

/** The socket of a process that is gone refuses connections; then its file may go, and the place is free. */
async function takeOver(path: string): Promise<Server | undefined> {
  if (await isAnswered(path)) return undefined
  rmSync(path, { force: true })
  return listen(path)
}

/** Nothing when the path is taken. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy())
    server.once('error', error => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined)
      else reject(new TromostError('DATA_DIR_UNUSABLE', `${path}: ${getMessage(error)}`, { cause: error }))
    })
    server.listen(path, () => resolve(server))
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
