/** A context broker for tests: a real HTTP server that answers upserts as ETSI GS CIM 009 says, and fails on demand. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Entity } from '../../src/reading.ts'
import type { Mishap } from './brokers/fixture-broker.ts'
import { EntityStore } from './entity-store.ts'
import { type Exchange, ProtocolWatch } from './protocol-watch.ts'

/** The body of a 207 in the words of a product; those of the standard where none is given. */
type WordResult = (success: readonly string[], refused: ReadonlyMap<string, object>) => unknown

export type Behaviour =
  | { readonly kind: 'normal'; readonly word?: WordResult }
  /** Refuses a whole batch by 400 for the sake of one entity, as some brokers do. */
  | { readonly kind: 'strict' }
  /** Takes requests and never answers. */
  | { readonly kind: 'hang' }
  /** Stores nothing and says this instead. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Stores nothing, and does this in place of an answer. */
  | { readonly kind: 'mishap'; readonly mishap: Mishap }
  /** Stores the entities, then breaks the connection: the client cannot know. */
  | { readonly kind: 'break' }

// Below the range of which the kernel takes ports for outgoing connections (32768 and up): a port of that range could be
// taken while the broker is down, even by the very connection that tries to reach it.
const PORT_MIN = 20_000
const PORT_COUNT = 12_000
const PORT_ATTEMPTS = 20

/** What a request said, and of which entities. */
export interface StubRequest {
  readonly link: string | string[] | undefined
  readonly ids: readonly string[]
}

export class StubBroker {
  readonly store = new EntityStore()
  readonly watch = new ProtocolWatch()
  /** The NGSILD-Tenant headers that were seen. */
  readonly tenants = new Set<string>()
  /** What was written to the history, as it came; undefined for a broker that has none. */
  history: unknown[] | undefined = []
  /** Every request whose body was an array of entities, in the order of their arrival. */
  readonly requests: StubRequest[] = []
  readonly #refused = new Map<string, string>()
  readonly #port: number
  #server: Server | undefined
  #behaviour: Behaviour = { kind: 'normal' }
  #accepts: (authorization: string | undefined) => boolean = () => true
  #requestCount = 0

  private constructor(port: number) {
    this.#port = port
  }

  static async start(): Promise<StubBroker> {
    for (let attempt = 1; ; attempt += 1) {
      const broker = new StubBroker(PORT_MIN + Math.floor(Math.random() * PORT_COUNT))
      try {
        await broker.comeUp()
        return broker
      } catch (error) {
        if (attempt === PORT_ATTEMPTS) throw error
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get requestCount(): number {
    return this.#requestCount
  }

  /** Everything that the uplink did wrong, in its requests and in the order of readings. */
  get faults(): readonly string[] {
    return [...this.watch.faults, ...this.store.orderFaults]
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
  }

  /** From now on requests whose Authorization it does not accept get 401. */
  guard(accepts: (authorization: string | undefined) => boolean): void {
    this.#accepts = accepts
  }

  /** From now on this entity is refused: by 207, or by 400 when the broker is strict. */
  refuse(id: string, detail: string): void {
    this.#refused.set(id, detail)
  }

  /** Closes the port and breaks every connection: new ones are refused. */
  async goDown(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  /** Opens the same port again. */
  async comeUp(): Promise<void> {
    const server = createServer((request, response) => {
      this.#receive(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#server = server
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    // Somebody asks which broker this is. It keeps that to itself.
    if (request.method === 'GET') {
      send(response, 404, problem('ResourceNotFound', 404, request.url))
      return
    }
    this.#requestCount += 1
    if (request.url === '/ngsi-ld/v1/temporal/entities') {
      this.history?.push(JSON.parse(body.toString()))
      send(response, this.history === undefined ? 404 : 204, undefined)
      return
    }
    this.watch.checkHead(request, body)
    const tenant = request.headers['ngsild-tenant']
    if (typeof tenant === 'string') this.tenants.add(tenant)
    if (!this.#accepts(request.headers.authorization)) {
      send(response, 401, undefined)
      return
    }
    const batch = parseBatch(body)
    if (batch === undefined) {
      send(response, 400, problem('BadRequestData', 400, 'expected a JSON array with at least one entity'))
      return
    }
    this.requests.push({ link: request.headers['link'], ids: batch.map(({ id }) => id) })
    const exchange = this.watch.open(batch)
    response.once('close', () => this.watch.end(exchange, 'abandoned'))
    this.#answer(batch, exchange, response)
  }

  #answer(batch: readonly Entity[], exchange: Exchange, response: ServerResponse): void {
    const behaviour = this.#behaviour
    if (behaviour.kind === 'hang') return
    if (behaviour.kind === 'break') {
      for (const entity of batch) this.store.upsert(entity)
      this.watch.end(exchange, 'answered')
      response.destroy()
      return
    }
    if (behaviour.kind === 'mishap') {
      this.watch.end(exchange, 'answered')
      behaviour.mishap(response)
      return
    }
    const [status, body] =
      behaviour.kind === 'answer' ? [behaviour.status, behaviour.body] : this.#upsert(batch, behaviour)
    // Ended before it is sent: once the client has the answer it may send the entity again.
    this.watch.end(exchange, 'answered')
    send(response, status, body, behaviour.kind === 'answer' ? behaviour.headers : {})
  }

  /** 201 with the ids that were created, 204 when all were known, 207 when some were refused (5.6.8 and 6.15). */
  #upsert(batch: readonly Entity[], behaviour: Behaviour): [status: number, body: string | undefined] {
    const taken = batch.filter(({ id }) => !this.#refused.has(id))
    if (behaviour.kind === 'strict' && taken.length < batch.length) {
      return [400, problem('BadRequestData', 400, 'an entity of the batch is not to my taste')]
    }
    const created = taken.filter(entity => this.store.upsert(entity) === 'created').map(({ id }) => id)
    if (taken.length === batch.length) {
      return created.length > 0 ? [201, JSON.stringify(created)] : [204, undefined]
    }
    const problems = batch
      .filter(({ id }) => this.#refused.has(id))
      .map(({ id }) => [id, JSON.parse(problem('BadRequestData', 400, this.#refused.get(id)))] as const)
    const word = (behaviour.kind === 'normal' && behaviour.word) || wordAsStandard
    return [
      207,
      JSON.stringify(
        word(
          taken.map(({ id }) => id),
          new Map(problems),
        ),
      ),
    ]
  }
}

function wordAsStandard(success: readonly string[], refused: ReadonlyMap<string, object>): unknown {
  return { success, errors: [...refused].map(([entityId, error]) => ({ entityId, error })) }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts)
}

function parseBatch(body: Buffer): Entity[] | undefined {
  try {
    const batch: unknown = JSON.parse(body.toString())
    return Array.isArray(batch) && batch.length > 0 ? batch : undefined
  } catch {
    return undefined
  }
}

function problem(title: string, status: number, detail: string | undefined): string {
  return JSON.stringify({ type: `https://uri.etsi.org/ngsi-ld/errors/${title}`, title, status, detail })
}

function send(
  response: ServerResponse,
  status: number,
  body: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  response.writeHead(status, { ...type, ...headers }).end(body)
}
