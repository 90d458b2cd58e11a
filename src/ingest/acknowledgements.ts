/** The PUBACKs of one connection: all that one commit has stored is acknowledged in one write. */

const PUBACK_BYTES = 4
/** A PUBACK, but for its packet id. */
const PUBACK = 0x4002_0000

export class Acknowledgements {
  readonly #write: (packets: Buffer) => void
  #ids: number[] = []

  constructor(write: (packets: Buffer) => void) {
    this.#write = write
  }

  add(id: number): void {
    if (this.#ids.push(id) === 1) process.nextTick(() => this.#flush())
  }

  #flush(): void {
    const ids = this.#ids
    this.#ids = []
    const packets = Buffer.allocUnsafe(ids.length * PUBACK_BYTES)
    let at = 0
    for (const id of ids) at = packets.writeUInt32BE(PUBACK + id, at)
    this.#write(packets)
  }
}
