/** What a process holds of memory: its own, without the pages of the journal's file that are mapped. */
import { readFileSync } from 'node:fs'

const MIB_PER_KB = 1 / 1024

export function readMemoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * MIB_PER_KB
}
