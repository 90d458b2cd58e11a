/** What a process holds of memory. */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MIB_PER_KB = 1 / 1024

/** Its own, without the pages of the journal's file that are mapped. */
export function readMemoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * MIB_PER_KB
}

/** Frees what nothing holds any more; of the young only, where it says so. */
export function collectGarbage(options?: { readonly type: 'minor' }): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')(options)
}

/** Of this process, without what the collector has not come to yet: that alone is half a gigabyte at times. */
export function getHeapBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
