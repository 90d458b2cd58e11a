/** Looks at files and folders while the agent runs. What has changed is used when all of it is sound; else what was before stays in use. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Checked, Fault } from './document.ts'

export interface FileWatchOptions<T> {
  readonly paths: readonly string[]
  /** Loads and checks all that is there. */
  readonly load: () => Promise<Checked<T>>
  /** Puts to use what is sound. */
  readonly use: (loaded: T) => Promise<void>
  /** Hears what is wrong with a change that was not taken over. */
  readonly onFaults: (faults: readonly Fault[]) => void
}

/** By looking again and again, because not every file system tells of a change: mounted volumes and network drives do not. */
export class FileWatch<T> {
  readonly #options: FileWatchOptions<T>
  #used: string
  #seen: string

  constructor(options: FileWatchOptions<T>) {
    this.#options = options
    this.#used = describe(options.paths)
    this.#seen = this.#used
  }

  /** Takes over what has changed since the last time, once it has been the same in two looks: a file may be half written in one. */
  async look(): Promise<void> {
    const { paths, load, use, onFaults } = this.#options
    const now = describe(paths)
    const isSettled = now === this.#seen
    this.#seen = now
    if (!isSettled || now === this.#used) return
    this.#used = now
    const loaded = await load()
    if (loaded.faults === undefined) await use(loaded.value)
    else onFaults(loaded.faults)
  }
}

/** Which files there are, how large they are and when they were last written: a text that changes when any of that does. */
function describe(paths: readonly string[]): string {
  return paths.flatMap(listFiles).map(describeFile).sort().join('\n')
}

function listFiles(path: string): readonly string[] {
  try {
    if (statSync(path).isFile()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).map(name => join(path, name))
  } catch {
    return [path]
  }
}

/** What cannot be looked at is told by whoever loads it. */
function describeFile(path: string): string {
  try {
    const { size, mtimeMs, ino } = statSync(path)
    return `${path} ${size} ${mtimeMs} ${ino}`
  } catch {
    return path
  }
}
