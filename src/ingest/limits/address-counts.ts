/** How many connections of each address are open. */
import { isLoopback } from '../../config/loopback.ts'
import { toNetwork } from '../../login-throttle.ts'

/** Where nothing is said of it. What is on this machine, such as a proxy, stands for many. */
const CONNECTIONS_MAX = 1_000

export class AddressCounts {
  readonly #max: number | undefined
  readonly #counts = new Map<string, number>()

  constructor(max: number | undefined) {
    this.#max = max
  }

  /** Whether one more may stay; then it is counted until it is released. */
  admit(address: string): boolean {
    const network = toNetwork(address)
    const count = this.#counts.get(network) ?? 0
    const isHere = isLoopback(address) || isLoopback(network)
    const max = this.#max ?? (isHere ? Number.POSITIVE_INFINITY : CONNECTIONS_MAX)
    if (count >= max) return false
    this.#counts.set(network, count + 1)
    return true
  }

  release(address: string): void {
    const network = toNetwork(address)
    const left = (this.#counts.get(network) ?? 1) - 1
    if (left === 0) this.#counts.delete(network)
    else this.#counts.set(network, left)
  }
}
