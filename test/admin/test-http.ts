/** The HTTP port as tests open it: around figures that the test gives. */

import { expect } from '@jest/globals'
import type { Identify } from '../../src/access/access.ts'
import type { AdminSources } from '../../src/admin/admin-sources.ts'
import { type HttpServer, openHttp } from '../../src/admin/http.ts'
import type { LaneReport } from '../../src/draining/protocol.ts'
import { carryOutDraftJob } from '../../src/trace/draft.ts'

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: unknown
  readonly headers: Headers
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  /** A text is sent as it is. */
  readonly body?: unknown
}

export const TOKEN = 'the-token'
export const KEY = Buffer.alloc(32, 7)
const BEARER = { Authorization: `Bearer ${TOKEN}` }
const REFUSED = 'Expected a token, such as the administrator token of the test.'
export const ONE_TOKEN: Identify = {
  identify: async ({ authorization, from }) => {
    if (authorization === undefined) return { kind: 'nobody' }
    if (authorization !== `Bearer ${TOKEN}`) return { kind: 'refused', detail: REFUSED }
    return { kind: 'actor', actor: { name: 'tester', role: 'admin', from } }
  },
}

export class TestHttp {
  readonly #server: HttpServer

  private constructor(server: HttpServer) {
    this.#server = server
  }

  static async open(
    sources: Partial<AdminSources> = {},
    host = '127.0.0.1',
    access: Identify = ONE_TOKEN,
  ): Promise<TestHttp> {
    const options = { host, port: 0, access, key: KEY, trustedProxies: [] }
    return new TestHttp(await openHttp({ ...options, sources: { ...NOTHING, ...sources } }))
  }

  get routes(): readonly string[] {
    return this.#server.routes
  }

  get port(): number {
    return this.#server.port
  }

  /** Any request as it is. */
  sendPlain(path: string, init: RequestInit): Promise<Answer> {
    return this.#ask(path, init)
  }

  /** Any request, with the administrator's token unless the headers say otherwise. */
  send(method: string, path: string, { headers = {}, body }: Sent = {}): Promise<Answer> {
    const isText = typeof body === 'string'
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    return this.#ask(path, {
      ...{ method, headers: { ...BEARER, ...type, ...headers } },
      ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
    })
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.#ask(path, { headers })
  }

  /** With the administrator's token, unless the headers say otherwise. */
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = BEARER): Promise<Answer> {
    const contentType = { 'Content-Type': 'application/json' }
    return this.#ask(path, {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { ...contentType, ...headers },
    })
  }

  async #ask(path: string, init: RequestInit): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, init)
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const body: unknown = /json\b/.test(type) && !type.includes('ndjson') ? JSON.parse(text) : text
    return { status: response.status, type, body, headers: response.headers }
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

/** What an answer says that is a problem (RFC 9457). */
export function problem(status: number, detail: unknown) {
  return {
    status,
    type: expect.stringMatching(/^application\/problem\+json\b/),
    body: { type: 'about:blank', status, title: expect.any(String), detail },
  }
}

export function createLane(change: Partial<LaneReport> = {}): LaneReport {
  return {
    tenant: 'kranj',
    destination: 'main',
    requestsInFlight: 2,
    attributesLate: 6,
    doubtfulTimes: 7,
    breaker: 'closed',
    concurrency: 4,
    roundTripMs: 20,
    quarantine: { bytes: 900, maxBytes: 4_000 },
    refusals: {},
    alarms: [],
    balance: {
      position: 90,
      received: 100,
      waiting: 10,
      delivered: 80,
      quarantined: 4,
      discarded: 3,
      expired: 2,
      skipped: 1,
      duplicates: 0,
    },
    ...change,
  }
}

const NOTHING_REMOVED = {
  ...{ messages: 0, quarantined: 0, births: 0, marks: 0, previews: 0 },
  ...{ heard: 0, alarms: 0, retained: 0, device: 0 },
}

export const NOTHING: AdminSources = {
  version: '1.2.3',
  startedAt: new Date('2026-01-15T09:00:00Z'),
  getLanes: async () => [],
  getRate: () => undefined,
  getBridges: () => [],
  getJournalUsage: () => ({ bytes: 0, maxBytes: 4_096, tenants: [] }),
  renderMetrics: async () => '',
  listQuarantine: async () => [],
  listEntities: async () => [],
  getContext: () => undefined,
  getAlarms: () => [],
  listAlarms: () => [],
  listDeviceStates: () => ({ devices: [], last: undefined }),
  getDeviceState: () => undefined,
  tenantIds: [],
  listMessages: async () => ({ messages: [], scanned: 0, isComplete: true }),
  listenToMessages: async () => async () => {},
  getQuarantined: async () => undefined,
  replayQuarantine: async () => undefined,
  discardQuarantine: async () => 0,
  audit: { record: async () => {}, list: async () => ({ records: [] }), read: async function* () {} },
  tokens: {
    list: () => [],
    create: async () => 'TOKENS_FULL',
    rotate: async () => 'TOKEN_UNKNOWN',
    revoke: async () => 'TOKEN_UNKNOWN',
  },
  profiles: {
    list: async () => ({ items: [], total: 0, isLast: true }),
    get: async () => undefined,
    listVersions: async () => [],
    getVersion: async () => undefined,
  },
  versions: {
    create: async () => ({ refusals: [] }),
    add: async () => ({ refusals: [] }),
    activate: async () => ({ refusals: [] }),
    rollBack: async () => ({ refusals: [] }),
    startShadow: async () => ({}),
    endShadow: async () => ({}),
    getShadow: async () => undefined,
    remove: async () => ({}),
  },
  hasOtherLogin: false,
  findProfile: () => undefined,
  findDestination: () => undefined,
  publicUrl: undefined,
  runDraftJob: carryOutDraftJob,
  provisioning: {
    get: () => undefined,
    list: () => ({ items: [], total: 0 }),
    change: async () => ({ refusals: [] }),
  },
  transfer: {
    exportTenant: async () => undefined,
    importTenant: async () => ({
      ...{ dryRun: false, tenant: 'kranj', id: 'x', exportedAt: '2026-01-15T09:00:00.000Z' },
      ...{ counts: {}, left: [], more: 0, passwords: [] },
    }),
  },
  forgetDevice: async () => ({ dryRun: false, removed: NOTHING_REMOVED, stays: [] }),
  rewindLane: async () => ({ position: 0, messages: 0, quarantined: 0 }),
  hasTenant: () => false,
  imports: { start: () => undefined, get: () => undefined },
  listDevices: () => () => [],
  onboarding: {
    list: async () => ({ devices: [], total: 0, unnamed: { messages: 0, topics: [] }, moreMessages: 0 }),
    listIgnored: () => [],
    accept: async () => ({ refusals: [] }),
    reject: async () => 0,
    heed: async () => false,
  },
}
