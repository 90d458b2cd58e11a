/**
 * Connections on their way in: a header, a handshake or an upgrade is still to come. Each has so much time in all, and there are
 * only so many of them: with one more the oldest is given up, since who means it is done within moments.
 */
import type { Socket } from 'node:net'
import type { RefuseAt } from './refuse.ts'

export interface ArrivalsOptions {
  readonly timeoutMs: number
  readonly max: number
  readonly onRefused: RefuseAt
}

export class Arrivals {
  readonly #options: ArrivalsOptions
  /** In the order in which they came. */
  readonly #timers = new Map<Socket, NodeJS.Timeout>()

  constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#timers.size
  }

  add(socket: Socket): void {
    const { timeoutMs, max } = this.#options
    const late = `expected to be through within ${timeoutMs} ms`
    const timer = setTimeout(() => this.#end(socket, 'CONNECT_TIMEOUT', late), timeoutMs)
    this.#timers.set(socket, timer)
    socket.once('close', () => this.remove(socket))
    const [oldest] = this.#timers.keys()
    if (this.#timers.size > max && oldest !== undefined)
      this.#end(oldest, 'HANDSHAKE_LIMIT', `expected at most ${max} connections that are not through`)
  }

  /** It is in, or gone. */
  remove(socket: Socket): void {
    clearTimeout(this.#timers.get(socket))
    this.#timers.delete(socket)
  }

  #end(socket: Socket, code: Parameters<RefuseAt>[0], problem: string): void {
    this.#options.onRefused(code, problem, socket.remoteAddress)
    this.remove(socket)
    socket.destroy()
  }
}
