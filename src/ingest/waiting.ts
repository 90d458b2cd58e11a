/** What of one connection waits for the disk: with so many messages or bytes it is not read on. */

const MESSAGES_MAX = 256
const BYTES_MAX = 1024 * 1024

export class Waiting {
  #messages = 0
  #bytes = 0

  get isFull(): boolean {
    return this.#messages >= MESSAGES_MAX || this.#bytes >= BYTES_MAX
  }

  add(bytes: number): void {
    this.#messages += 1
    this.#bytes += bytes
  }

  remove(bytes: number): void {
    this.#messages -= 1
    this.#bytes -= bytes
  }
}
