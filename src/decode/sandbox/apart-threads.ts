/** The few threads for codecs that met a limit among others. A codec has one for itself while there are enough. */
import type { CallQueue } from './call-queue.ts'

/** Each takes 20 to 60 MB while it lives. */
const THREADS_MAX = 2

export class ApartThreads {
  readonly #create: () => CallQueue
  /** How many codecs use each of them. */
  readonly #borrowers = new Map<CallQueue, number>()

  constructor(create: () => CallQueue) {
    this.#create = create
  }

  lend(): CallQueue {
    const [emptiest] = [...this.#borrowers].toSorted(([, one], [, other]) => one - other)
    const queue = emptiest === undefined || this.#borrowers.size < THREADS_MAX ? this.#create() : emptiest[0]
    this.#borrowers.set(queue, (this.#borrowers.get(queue) ?? 0) + 1)
    return queue
  }

  /** The thread ends with its last codec. */
  giveBack(queue: CallQueue): void {
    const others = (this.#borrowers.get(queue) ?? 1) - 1
    if (others > 0) this.#borrowers.set(queue, others)
    else {
      this.#borrowers.delete(queue)
      queue.close().catch(() => {})
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#borrowers.keys()].map(queue => queue.close()))
  }
}
