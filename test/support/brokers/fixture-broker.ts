/** A broker that answers in the true words of one product: a real HTTP server, with the wording of a file beside this one. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface BrokerRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface BrokerAnswer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type StoredEntity = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string }

/** What one product answers; undefined for never. It stores what it takes in the broker that it is given. */
export type Wording = (request: BrokerRequest, broker: FixtureBroker) => BrokerAnswer | undefined

/** What becomes of a request in place of an answer of the product. */
export type Mishap = (response: ServerResponse) => void

export class FixtureBroker {
  readonly requests: BrokerRequest[] = []
  /** As they were sent, attributes merged, by id. */
  readonly entities = new Map<string, StoredEntity>()
  /** What the product does not take, by id, with its reason. */
  readonly refused = new Map<string, string>()
  /** Tenants that have been written to, or that are configured. */
  readonly tenants = new Set<string>()
  readonly #wording: Wording
  readonly #mishaps: Mishap[] = []
  readonly #server: Server

  private constructor(wording: Wording) {
    this.#wording = wording
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request
        this.#answer({ method, path, headers, body: Buffer.concat(parts).toString() }, response)
      })
    })
  }

  static async start(wording: Wording): Promise<FixtureBroker> {
    const broker = new FixtureBroker(wording)
    await new Promise<void>(resolve => broker.#server.listen(0, '127.0.0.1', resolve))
    return broker
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Each of the next requests meets one of these, and is not looked at. */
  meet(...mishaps: readonly Mishap[]): void {
    this.#mishaps.push(...mishaps)
  }

  has(id: string): boolean {
    return this.entities.has(id)
  }

  store(entity: StoredEntity): 'created' | 'updated' {
    const present = this.entities.get(entity.id)
    this.entities.set(entity.id, { ...present, ...entity })
    return present === undefined ? 'created' : 'updated'
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #answer(request: BrokerRequest, response: ServerResponse): void {
    this.requests.push(request)
    const mishap = this.#mishaps.shift()
    if (mishap !== undefined) {
      mishap(response)
      return
    }
    const answer = this.#wording(request, this)
    if (answer === undefined) return
    const { status, body, headers } = answer
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)
  }
}

export function toJson(status: number, body: unknown): BrokerAnswer {
  return { status, body: JSON.stringify(body) }
}

/** A problem as NGSI-LD brokers word it (RFC 7807). */
export function toProblem(name: string, status: number, detail: string) {
  return { type: `https://uri.etsi.org/ngsi-ld/errors/${name}`, title: name, detail, status }
}
