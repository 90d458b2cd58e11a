/** How much room there is on the disk of a folder. */
import { statfsSync } from 'node:fs'

/** In bytes, for those who are not root. */
export function getFreeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
