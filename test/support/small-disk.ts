/** A file system of its own in memory, small enough to be filled to its last byte. Needs the right to mount. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MIB = 1024 * 1024

export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'tromost-disk-'))
  readonly #filler = join(this.path, 'filler')

  /** Nothing where mounting is not allowed. */
  static mount(mib: number): SmallDisk | undefined {
    const disk = new SmallDisk()
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', disk.path])
    if (status === 0) return disk
    rmSync(disk.path, { recursive: true })
    return undefined
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Until no more is left than that; of nothing left, until nothing at all can be written any more. */
  fill(leftBytes = 0): void {
    for (let bytes = MIB; bytes >= 1; ) {
      try {
        if (leftBytes > 0 && this.freeBytes - bytes < leftBytes) return
        writeFileSync(this.#filler, Buffer.alloc(bytes, 1), { flag: 'a' })
      } catch {
        bytes = Math.floor(bytes / 2)
      }
    }
  }

  /** Makes room again. */
  clear(): void {
    rmSync(this.#filler, { force: true })
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path])
    rmSync(this.path, { recursive: true, force: true })
  }
}
