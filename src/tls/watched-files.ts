/** What is made of a few files, and made anew when they change. What cannot be used leaves in use what was there before. */
import { readFileSync, statSync } from 'node:fs'
import { getMessage } from '../errors.ts'

export interface WatchedFilesOptions<T> {
  readonly files: readonly string[]
  /** Throws where they cannot be used. */
  readonly read: () => T
  /** They have changed and are sound. */
  readonly onChange: (value: T) => void
  /** They have changed and are not. Told once for each change. */
  readonly onFault: (problem: string) => void
}

const LOOK_MS = 5_000

export class WatchedFiles<T> {
  readonly #options: WatchedFilesOptions<T>
  readonly #timer: NodeJS.Timeout
  #signature: string
  #made: { readonly value: T } | undefined

  constructor(options: WatchedFilesOptions<T>) {
    this.#options = options
    this.#signature = getSignature(options.files)
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** What is in use. Throws as `read` does while nothing sound was there yet. */
  get value(): T {
    this.#made ??= { value: this.#options.read() }
    return this.#made.value
  }

  /** Reads the files again if they have changed since the last look. */
  look(): void {
    const { files, read, onChange, onFault } = this.#options
    const signature = getSignature(files)
    if (signature === this.#signature) return
    this.#signature = signature
    try {
      this.#made = { value: read() }
    } catch (error) {
      onFault(getMessage(error))
      return
    }
    onChange(this.#made.value)
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** Throws an error that names the key and says why. */
export function readNamed(key: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`${key}: expected a file that can be read, got: ${getMessage(error)}`, { cause: error })
  }
}

/** Another one when a file was written, replaced, or removed. */
function getSignature(files: readonly string[]): string {
  return files
    .map(file => {
      const stats = statSync(file, { throwIfNoEntry: false })
      return stats === undefined ? 'none' : `${stats.ino}-${stats.size}-${stats.mtimeMs}`
    })
    .join()
}
