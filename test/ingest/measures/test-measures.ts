/** HTTP measures as tests open them: a real port around a store that answers when the test says so. */
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { configSchema } from '../../../src/config/config.ts'
import { type MeasuresListener, openMeasures } from '../../../src/ingest/measures/measures.ts'
import type { ProvisionInput } from '../../../src/registry/provision.ts'
import { createRegistry, HeldStore, Observed } from '../test-ingest.ts'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

export interface Sent {
  readonly method?: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

const PROVISION: ProvisionInput = {
  tenants: [
    { id: 'kranj', groups: [{ apikey: 'parking', profile: 'p', unknownDevices: 'create' }] },
    { id: 'bled', groups: [{ apikey: 'lake', profile: 'p' }] },
  ],
  devices: [
    { tenant: 'kranj', id: 'dev', profile: 'p', apikey: 'own' },
    { tenant: 'kranj', id: 'other', profile: 'p', apikey: 'others' },
    { tenant: 'kranj', id: 'keyless', profile: 'p' },
  ],
}

export class TestMeasures {
  readonly held = new HeldStore()
  readonly observed = new Observed()
  readonly #listener: MeasuresListener

  private constructor(listener: MeasuresListener) {
    this.#listener = listener
  }

  static async open(limits: Readonly<Record<string, unknown>> = {}, port = 0): Promise<TestMeasures> {
    const held = new HeldStore()
    const observed = new Observed()
    const { measures, mqtt } = configSchema.parse({ measures: { port }, mqtt: { limits } })
    const registry = createRegistry(PROVISION)
    const listener = await openMeasures({ measures, mqtt, registry, store: held.store, observer: observed })
    if (listener === undefined) throw new Error('expected a listener')
    return Object.assign(new TestMeasures(listener), { held, observed })
  }

  get port(): number {
    return this.#listener.port
  }

  send(path: string, { method = 'POST', type, headers = {}, body = '' }: Sent = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const all = { ...headers, ...(type !== undefined && { 'Content-Type': type }) }
      const sent = request({ host: '127.0.0.1', port: this.port, path, method, headers: all }, response => {
        const chunks: Buffer[] = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            type: response.headers['content-type'] ?? '',
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** A socket that says whatever the test wants. */
  connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => resolve(socket)).once('error', reject)
    })
  }

  close(): Promise<void> {
    this.held.answer()
    return this.#listener.close()
  }
}
