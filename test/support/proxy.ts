/** A TCP proxy between the agent and a broker that does to connections what networks do: delays, starves, cuts and forgets them. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Direction = 'request' | 'answer'

export type NetworkFault =
  | { readonly kind: 'none' }
  /** Every part is handed on so much later. */
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** RST to both ends once so many bytes have gone in this direction, also in the middle of a body. */
  | { readonly kind: 'reset'; readonly direction: Direction; readonly afterBytes: number }
  /** Half-open: what comes in this direction is taken and handed to nobody, and nobody hears that it is so. */
  | { readonly kind: 'swallow'; readonly direction: Direction }
  /** Connections are taken and reset. */
  | { readonly kind: 'refuse' }

interface Link {
  readonly client: Socket
  readonly broker: Socket
  /** It has swallowed something, so that nothing behind that may go on. */
  isMute: boolean
}

const SLICES_PER_SECOND = 50

export class FaultProxy {
  /** Where connections lead to; until it is set they are reset. */
  target: string | undefined
  readonly #server: Server
  readonly #links = new Set<Link>()
  #fault: NetworkFault = { kind: 'none' }
  #bytes = 0
  #struck = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', client => this.#take(client))
  }

  static async start(): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new FaultProxy(server)
  }

  get url(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : undefined}`
  }

  /** How often the present fault has been met. */
  get struck(): number {
    return this.#struck
  }

  /** From now on, also for connections that are open. Those that are half-open stay so. */
  behave(fault: NetworkFault): void {
    this.#fault = fault
    this.#struck = 0
    this.#bytes = 0
    if (fault.kind === 'refuse') for (const link of this.#links) reset(link)
  }

  async close(): Promise<void> {
    for (const link of this.#links) reset(link)
    await new Promise(resolve => this.#server.close(resolve))
  }

  #take(client: Socket): void {
    client.on('error', () => {})
    if (this.#fault.kind === 'refuse' || this.target === undefined) {
      this.#struck += 1
      client.resetAndDestroy()
      return
    }
    const { hostname, port } = new URL(this.target)
    const broker = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    broker.on('error', () => {})
    const link: Link = { client, broker, isMute: false }
    this.#links.add(link)
    const forget = () => {
      if (client.destroyed && broker.destroyed) this.#links.delete(link)
    }
    client.on('close', forget)
    broker.on('close', forget)
    // Where the one end was cut off, the other is.
    this.#pump(link, client, broker, 'request').catch(() => reset(link))
    this.#pump(link, broker, client, 'answer').catch(() => reset(link))
  }

  async #pump(link: Link, from: Socket, to: Socket, direction: Direction): Promise<void> {
    for await (const part of from) await this.#handOn(link, to, direction, part)
    if (!link.isMute) to.end()
  }

  async #handOn(link: Link, to: Socket, direction: Direction, part: Buffer): Promise<void> {
    const fault = this.#fault
    if (link.isMute) return
    if (fault.kind === 'swallow' && fault.direction === direction) {
      this.#struck += 1
      link.isMute = true
      return
    }
    if (fault.kind === 'reset' && fault.direction === direction) {
      const left = fault.afterBytes - this.#bytes
      this.#bytes += part.length
      if (this.#bytes > fault.afterBytes) {
        this.#struck += 1
        this.#bytes = 0
        await flush(to, part.subarray(0, Math.max(left, 0)))
        reset(link)
        return
      }
    }
    if (fault.kind === 'delay') {
      this.#struck += 1
      await sleep(fault.ms)
    }
    if (fault.kind === 'slow') {
      this.#struck += 1
      const step = Math.ceil(fault.bytesPerSecond / SLICES_PER_SECOND)
      for (let at = 0; at < part.length; at += step) {
        await flush(to, part.subarray(at, at + step))
        await sleep(1_000 / SLICES_PER_SECOND)
      }
      return
    }
    await flush(to, part)
  }
}

function flush(to: Socket, part: Buffer): Promise<void> {
  if (to.destroyed) return Promise.resolve()
  return new Promise(resolve => to.write(part, () => resolve()))
}

function reset({ client, broker }: Link): void {
  client.resetAndDestroy()
  broker.resetAndDestroy()
}
