/** Looks at the folders of profiles while the agent runs. What has changed is used when all of it is sound; else what was before stays in use. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Checked, Fault } from '../document.ts'
import type { Profile } from './profile.ts'

type Profiles = ReadonlyMap<string, Profile>

export interface ProfileWatchOptions {
  readonly folders: readonly string[]
  /** Loads and checks all that is in the folders. */
  readonly load: () => Promise<Checked<Profiles>>
  /** Puts sound profiles to use. */
  readonly use: (profiles: Profiles) => Promise<void>
  /** Hears what is wrong with a change that was not taken over. */
  readonly onFaults: (faults: readonly Fault[]) => void
}

/** By looking again and again, because not every file system tells of a change: mounted volumes and network drives do not. */
export class ProfileWatch {
  readonly #options: ProfileWatchOptions
  #used: string
  #seen: string

  constructor(options: ProfileWatchOptions) {
    this.#options = options
    this.#used = describeFolders(options.folders)
    this.#seen = this.#used
  }

  /** Takes over what has changed since the last time, once it has been the same in two looks: a file may be half written in one. */
  async look(): Promise<void> {
    const { folders, load, use, onFaults } = this.#options
    const now = describeFolders(folders)
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
function describeFolders(folders: readonly string[]): string {
  return folders.flatMap(listFiles).map(describeFile).sort().join('\n')
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
