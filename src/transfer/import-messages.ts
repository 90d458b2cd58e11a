/** Takes messages out of an archive into the journal: those that waited wait here, and those in quarantine are in quarantine here. Each of them once. */
import { createHash } from 'node:crypto'
import type { Change, Engine, Key } from '../journal/engine.ts'
import type { Message } from '../reading.ts'
import type { Line, Manifest } from './archive-format.ts'
import type { ReportBook } from './import-report.ts'

export interface MessageSources {
  readonly engine: Pick<Engine, 'get'>
  /** Answers when the message and what is beside it are on disk. */
  readonly append: (message: Message, done: (error?: Error) => void, beside: Change) => void
  /** Where the entities of the tenant go here; none before it is there. */
  readonly listDestinations: (tenant: string) => readonly { readonly id: string }[]
  /** False where the tenant has as many as it may. */
  readonly keepRetained: (
    tenant: string,
    message: { readonly topic: string; readonly payload: Buffer; readonly qos: 0 | 1 | 2 },
  ) => boolean
  /** Whether a topic names a device of the tenant. */
  readonly isOfTenant: (tenant: string, topic: string) => boolean
}

/** Under way to the disk at once. */
const TOGETHER_MESSAGES = 200
const TOGETHER_BYTES = 4 * 1024 * 1024
const MARK = Buffer.from('1')

interface Pending {
  readonly message: Message
  readonly key: Key
  readonly section: 'quarantine' | 'messages'
}

export class MessageImport {
  readonly #manifest: Manifest
  readonly #sources: MessageSources
  readonly #book: ReportBook
  readonly #dryRun: boolean
  /** Those of the archive where the tenant is only about to come. */
  readonly #destinations: ReadonlySet<string>
  #pending: Pending[] = []
  #bytes = 0

  constructor(
    manifest: Manifest,
    sources: MessageSources,
    { book, dryRun, destinations }: { book: ReportBook; dryRun: boolean; destinations: readonly string[] },
  ) {
    this.#manifest = manifest
    this.#sources = sources
    this.#book = book
    this.#dryRun = dryRun
    const own = sources.listDestinations(manifest.tenant).map(({ id }) => id)
    this.#destinations = new Set(own.length > 0 ? own : destinations)
  }

  /** Rejects where the journal does not take a message; what was taken before is not taken twice. */
  async takeQuarantine(lines: AsyncIterable<Line<'quarantine'>>): Promise<void> {
    for await (const { destination, position, code, detail, ...line } of lines) {
      const what = `quarantine ${this.#manifest.tenant}/${destination}/${position}`
      if (code === 'CHUNK_CORRUPT')
        this.#book.leave(
          'quarantine',
          what,
          'a record that cannot be read has no message that could be replayed',
        )
      else if (!this.#destinations.has(destination))
        this.#book.leave('quarantine', what, `the tenant has no destination ${destination} here`)
      else {
        const note = { destinations: [destination], quarantined: { code, detail } }
        const key = this.#toKey('quarantine', destination, position)
        await this.#take({ key, section: 'quarantine', message: this.#toMessage({ ...line, qos: 1 }, note) })
      }
    }
    await this.#flush()
  }

  async takeMessages(lines: AsyncIterable<Line<'messages'>>): Promise<void> {
    let settled = 0
    for await (const { position, waitsFor, ...line } of lines) {
      const destinations = waitsFor.filter(id => this.#destinations.has(id))
      if (waitsFor.length === 0) settled += 1
      else if (destinations.length === 0)
        this.#book.leave(
          'messages',
          `message ${position}`,
          `the tenant has none of ${waitsFor.join(', ')} here`,
        )
      else {
        const note = destinations.length === this.#destinations.size ? undefined : { destinations }
        const key = this.#toKey('message', '', position)
        await this.#take({ key, section: 'messages', message: this.#toMessage(line, note) })
      }
    }
    await this.#flush()
    if (settled > 0)
      this.#book.tell(
        `${settled} messages that were settled`,
        'they were dealt with; sent once more they would repeat',
      )
  }

  async takeRetained(lines: AsyncIterable<Line<'retained'>>): Promise<void> {
    const { tenant } = this.#manifest
    for await (const { topic, qos, payload } of lines) {
      const message = { topic, qos, payload: Buffer.from(payload, 'base64') }
      const leave = (why: string) => this.#book.leave('retained', `retained message of ${topic}`, why)
      // In a dry run the devices may be only about to come.
      if (this.#dryRun) this.#book.take('retained')
      else if (!this.#sources.isOfTenant(tenant, topic)) leave('the topic names no device of the tenant here')
      else if (!this.#sources.keepRetained(tenant, message))
        leave('the tenant has as many as mqtt.limits allows')
      else this.#book.take('retained')
    }
  }

  async #take(pending: Pending): Promise<void> {
    const isKnown = (await this.#sources.engine.get('imports', pending.key)) !== undefined
    if (isKnown) this.#book.know(pending.section)
    else {
      this.#pending.push(pending)
      this.#bytes += pending.message.payload.length
    }
    if (this.#pending.length >= TOGETHER_MESSAGES || this.#bytes >= TOGETHER_BYTES) await this.#flush()
  }

  /** In their order, and answered when they are on disk. */
  async #flush(): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    this.#bytes = 0
    if (!this.#dryRun) await Promise.all(pending.map(one => this.#append(one)))
    for (const { section } of pending) this.#book.take(section)
  }

  #append({ message, key }: Pending): Promise<void> {
    const { append } = this.#sources
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => (error === undefined ? resolve() : reject(error))
      append(message, done, { table: 'imports', key, value: MARK })
    })
  }

  #toMessage(
    line: Pick<Line<'messages'>, 'device' | 'topic' | 'qos' | 'receivedAt' | 'payload'>,
    note: Message['note'],
  ): Message {
    const { device, topic, qos, receivedAt, payload } = line
    const { tenant } = this.#manifest
    const received = Date.parse(receivedAt)
    return { tenant, device, topic, qos, receivedAt: received, payload: Buffer.from(payload, 'base64'), note }
  }

  /** The same for the same message, in whichever export it comes. */
  #toKey(kind: 'quarantine' | 'message', destination: string, position: number): Key {
    const { agent, tenant } = this.#manifest
    const name = JSON.stringify([agent.instance, kind, destination, position])
    return [tenant, createHash('sha256').update(name).digest('hex').slice(0, 32)]
  }
}
