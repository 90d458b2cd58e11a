/** The end of a process that must not go on. */
import { writeSync } from 'node:fs'

const STDERR = 2

/** At once and from whichever thread, without anything that usually runs at an end: what is to be kept is on disk by then. */
export function endProcess(reason: string): void {
  writeSync(STDERR, `${reason}\n`)
  process.kill(process.pid, 'SIGKILL')
  // The first process of a container cannot be killed from within.
  process.exit(1)
}
