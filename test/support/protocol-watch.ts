/** Holds every request of the uplink against what real brokers insist on, and remembers each fault in words. */
import type { IncomingMessage } from 'node:http'

/** One request on its way. Abandoned means that the client closed the connection before an answer. */
export interface Exchange {
  readonly ids: ReadonlySet<string>
  ending: 'open' | 'answered' | 'abandoned'
}

const LINK =
  /^<https?:[^>]+>; *rel="http:\/\/www\.w3\.org\/ns\/json-ld#context"; *type="application\/ld\+json"$/
/** UTC with Z, as GS CIM 009 4.6.3 wants it. */
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/

export class ProtocolWatch {
  readonly #faults: string[] = []
  readonly #open = new Set<Exchange>()
  readonly #overlaps: { readonly id: string; readonly older: Exchange }[] = []

  /**
   * Everything that was wrong so far. Two requests that share an entity are a fault unless the client had given the
   * older one up: then it may ask again, and the stub only learns a moment later that the older one is dead.
   */
  get faults(): readonly string[] {
    const overlaps = this.#overlaps
      .filter(({ older }) => older.ending !== 'abandoned')
      .map(({ id }) => `expected ${id} in one request at a time, got it in two`)
    return [...this.#faults, ...overlaps]
  }

  /** Looks at the head of a request once its body is known. */
  checkHead(request: IncomingMessage, body: Buffer): void {
    const { headers } = request
    this.#expect(request.method === 'POST', 'the method POST', request.method)
    this.#expect(
      request.url === '/ngsi-ld/v1/entityOperations/upsert?options=update',
      'the path of upsert with options=update',
      request.url,
    )
    this.#expect(headers['transfer-encoding'] === undefined, 'no chunked body', headers['transfer-encoding'])
    this.#expect(
      headers['content-length'] === String(body.length),
      `Content-Length ${body.length}`,
      headers['content-length'],
    )
    this.#expect(
      /^application\/json(;|$)/.test(headers['content-type'] ?? ''),
      'Content-Type application/json',
      headers['content-type'],
    )
    this.#expect(headers['content-encoding'] === undefined, 'no compression', headers['content-encoding'])
    const { link } = headers
    this.#expect(typeof link === 'string' && LINK.test(link), 'a Link to the @context', link)
  }

  /** Opens the exchange of a batch, after looking at its entities. */
  open(batch: readonly unknown[]): Exchange {
    const ids = new Set<string>()
    for (const item of batch) {
      const id = this.#checkEntity(item)
      this.#expect(!ids.has(id), 'an entity once in a batch', `${id} twice`)
      ids.add(id)
    }
    const exchange: Exchange = { ids, ending: 'open' }
    for (const older of this.#open) {
      for (const id of ids) if (older.ids.has(id)) this.#overlaps.push({ id, older })
    }
    this.#open.add(exchange)
    return exchange
  }

  /** Ends an exchange. The first ending counts. */
  end(exchange: Exchange, ending: 'answered' | 'abandoned'): void {
    if (this.#open.delete(exchange)) exchange.ending = ending
  }

  #checkEntity(item: unknown): string {
    if (typeof item !== 'object' || item === null) {
      this.#expect(false, 'an entity', item)
      return ''
    }
    const entity: Readonly<Record<string, unknown>> = { ...item }
    const id = String(entity['id'])
    this.#expect(/^urn:[a-z0-9][a-z0-9-]+:\S+$/.test(id), 'a URN as id', id)
    this.#expect(typeof entity['type'] === 'string', `a type of ${id}`, entity['type'])
    this.#expect(!('@context' in entity), 'no @context in application/json', id)
    for (const [name, attribute] of Object.entries(entity)) {
      if (name === 'id' || name === 'type') continue
      const observedAt = getMember(attribute, 'observedAt')
      this.#expect(
        typeof observedAt === 'string' && UTC_TIME.test(observedAt),
        `observedAt in UTC on ${name} of ${id}`,
        observedAt,
      )
    }
    return id
  }

  #expect(isMet: boolean, expectation: string, got: unknown): void {
    if (!isMet) this.#faults.push(`expected ${expectation}, got ${JSON.stringify(got)}`)
  }
}

function getMember(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
