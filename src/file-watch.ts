/** Looks at files and folders while the agent runs. What has changed is used when all of it is sound; else what was before stays in use. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Checked, Fault } from './document.ts'

export interface FileWatchOptions<T> {
  readonly paths: readonly string[]
  /** Loads and checks all that is there. */
  readonly load: () => Promise<Checked<T>>
  /** Puts to use what is sound. Gives what else keeps it from that. */
  readonly use: (loaded: T) => Promise<readonly Fault[]>
  /** Hears what is wrong with a change that was not taken over. */
  readonly onFaults: (faults: readonly Fault[]) => void
}

/** By looking again and again, because not every file system tells of a change: mounted volumes and network drives do not. */
export class FileWatch<T> {
  readonly #options: FileWatchOptions<T>
  #used: string
  #seen: string
  /** Of the last change, where it was not taken over. */
  #faults: readonly Fault[] = []
  #isTold = true

  constructor(options: FileWatchOptions<T>) {
    this.#options = options
    this.#used = describe(options.paths)
    this.#seen = this.#used
  }

  /**
   * Takes over what has changed since the last time, once it has been the same in two looks: a file may be half written in one.
   * Gives whether something is in use now that was not before.
   */
  async look(): Promise<boolean> {
    const now = describe(this.#options.paths)
    const isSettled = now === this.#seen
    this.#seen = now
    if (!isSettled || now === this.#used) return false
    this.#used = now
    this.#isTold = false
    return this.#take()
  }

  /** Once more what was not taken over. */
  async retry(): Promise<boolean> {
    return this.#faults.length > 0 && this.#take()
  }

  /** Tells once what is wrong with a change. */
  tell(): void {
    if (!this.#isTold && this.#faults.length > 0) this.#options.onFaults(this.#faults)
    this.#isTold = true
  }

  async #take(): Promise<boolean> {
    const loaded = await this.#options.load()
    this.#faults = loaded.faults ?? (await this.#options.use(loaded.value))
    return this.#faults.length === 0
  }
}

/** In this order. What was not taken over is tried again when another one was: files name what is in others, and are written one by one. */
export async function lookAtAll(watches: readonly Looked[]): Promise<void> {
  let isUsed = false
  for (const watch of watches) isUsed = (await watch.look()) || isUsed
  while (isUsed) {
    isUsed = false
    for (const watch of watches) isUsed = (await watch.retry()) || isUsed
  }
  for (const watch of watches) watch.tell()
}

type Looked = Pick<FileWatch<unknown>, 'look' | 'retry' | 'tell'>

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
