import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type Config, configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'

const DEFAULTS: Config = {
  dataDir: './data',
  profiles: ['./devices'],
  provision: './config/provision.yaml',
  validate: 'off',
  schemas: './schemas',
  vocabulary: 'https://uri.etsi.org/ngsi-ld/default-context/',
  log: { level: 'info', format: 'pretty' },
  mqtt: {
    listeners: [{ kind: 'tcp', host: '127.0.0.1', port: 1883 }],
    limits: {
      ...{ connections: 20_000, connectionsPerCredential: 15_000, connectionsPerDevice: 10 },
      ...{ handshakes: 1_000, connectTimeout: 10_000, idleTimeout: 26 * 3_600_000, banTime: 300_000 },
      ...{ failedLogins: 20, reconnects: 300, overLimitFor: 300_000 },
      ...{ packetBytes: 256 * 1024, topicBytes: 256, topicLevels: 16 },
      ...{ messagesPerSecond: 50, messagesBurst: 20_000, ratedDevices: 1_000 },
      ...{ bytesPerSecond: 1024 ** 2, bytesBurst: 64 * 1024 ** 2 },
      ...{ qos2InFlight: 100, subscriptions: 256, unreadBytes: 1024 ** 2 },
      ...{ keptSessions: 10_000, sessionExpiry: 7 * 24 * 3_600_000 },
      ...{ queueMessages: 1_000, queueBytes: 1024 ** 2 },
      ...{ retainedMessages: 10_000, retainedBytes: 16 * 1024 ** 2, retainedPerDevice: 16 },
    },
  },
  http: { host: '127.0.0.1', port: 4041, trustedProxies: [] },
  bridges: [],
  egress: {
    allow: [
      '127.0.0.0/8',
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '100.64.0.0/10',
      '::1/128',
      'fc00::/7',
    ],
    deny: [],
  },
  journal: {
    engine: 'embedded',
    durability: 'fsync',
    maxBytes: 4 * 1024 ** 3,
    patience: 5_000,
    diskReserve: 64 * 1024 ** 2,
    retention: 24 * 3_600_000,
    onFull: 'reject',
  },
  quarantine: { maxEntries: 100_000, maxBytes: 1024 ** 3, retention: 30 * 24 * 3_600_000 },
  alarms: {
    silentAfter: 3,
    neverHeardAfter: 24 * 3_600_000,
    lowBattery: 15,
    lookEvery: 5_000,
    downAfter: 300_000,
    webhooks: [],
  },
  destinations: [
    {
      id: 'preview',
      dialect: 'preview',
      auth: { kind: 'none' },
      batch: { maxEntities: 100, maxBytes: 900 * 1024, linger: 50 },
      concurrency: { min: 1, max: 8 },
      timeouts: { connect: 3_000, headers: 10_000, body: 10_000 },
      compression: 'none',
      retry: { initial: 250, max: 30_000, retryAfterMax: 3_600_000, alarmMax: 300_000 },
    },
  ],
}

const MAIN = { id: 'main', dialect: 'ngsi-ld', url: 'http://localhost:1026' }

describe('defaults', () => {
  test('an empty configuration is a whole one', () => {
    expect(configSchema.parse({})).toEqual(DEFAULTS)
  })

  test('config/tromost.yaml shows every key, and changes none', () => {
    const raw = parse(readFileSync('config/tromost.yaml', 'utf8'))
    expect(configSchema.parse(raw)).toEqual(DEFAULTS)
    expect(getKeys(raw)).toEqual(getKeys(DEFAULTS))
  })

  test('one key that is set leaves the others of its group as they are', () => {
    const { journal, mqtt } = configSchema.parse({
      journal: { retention: '1h' },
      mqtt: { limits: { connections: 5 } },
    })
    expect(journal).toEqual({ ...DEFAULTS.journal, retention: 3_600_000 })
    expect(mqtt).toEqual({ ...DEFAULTS.mqtt, limits: { ...DEFAULTS.mqtt.limits, connections: 5 } })
  })

  test('a listener without host listens on this machine only', () => {
    const { listeners } = configSchema.parse({ mqtt: { listeners: [{ kind: 'ws', port: 0 }] } }).mqtt
    expect(listeners).toEqual([{ kind: 'ws', host: '127.0.0.1', port: 0 }])
  })
})

describe('destinations', () => {
  test('the preview needs no address', () => {
    expect(faultsOf({ destinations: [{ id: 'a', dialect: 'preview' }] })).toEqual([])
  })

  test('a context broker needs one', () => {
    expect(faultsOf({ destinations: [{ id: 'a', dialect: 'ngsi-ld' }] })).toEqual([
      'destinations.0.url: expected the address of the context broker, got nothing',
    ])
  })

  test.each(['localhost:1026', 'mqtt://localhost', 'ftp://localhost', '', 'http://'])(
    'the address %p is none',
    url => {
      expect(faultsOf({ destinations: [{ ...MAIN, url }] })).toEqual([
        `destinations.0.url: expected an http or https address, got "${url}"`,
      ])
    },
  )

  test.each(['none', 'https://example.org/context.jsonld', 'http://10.0.0.1:4041/c?city=kranj&v=2'])(
    'the context %p is one',
    context => {
      expect(configSchema.parse({ destinations: [{ ...MAIN, context }] }).destinations[0]?.context).toBe(
        context,
      )
    },
  )

  test.each([
    '',
    'all',
    'ftp://example.org/c',
    'https://example.org/č',
    'https://example.org/a>b',
    'https://a b',
    'https://a:b',
  ])('the context %p is none', context => {
    expect(faultsOf({ destinations: [{ ...MAIN, context }] })).toEqual([
      'destinations.0.context: expected the http or https address of a JSON-LD context in plain ASCII, none, expanded, or hosted, ' +
        `got "${context}"`,
    ])
  })

  test('one whose context is hosted needs the address of the agent', () => {
    const destinations = [{ ...MAIN, context: 'hosted' }]
    expect(faultsOf({ destinations })).toEqual([
      'http.publicUrl: expected the address at which destination main reaches this agent, because its context is hosted, got nothing',
    ])
    expect(faultsOf({ destinations, http: { publicUrl: 'http://10.0.0.1:4041' } })).toEqual([])
  })

  test('every one has an id of its own', () => {
    expect(faultsOf({ destinations: [MAIN, { ...MAIN, url: 'http://localhost:9090' }] })).toEqual([
      expect.stringMatching(/^destinations: expected every destination to have an id of its own, got \[/),
    ])
  })

  test.each(['Main', '-main', '', 'ma in', 'a'.repeat(51), 'šola', 'a/b'])('the id %p is none', id => {
    expect(faultsOf({ destinations: [{ ...MAIN, id }] })).toEqual([
      `destinations.0.id: expected lower-case letters, digits, - or _, at most 50, got "${id}"`,
    ])
  })

  test.each(['a', '0', 'main-2_b', 'a'.repeat(50)])('the id %p is one', id => {
    expect(faultsOf({ destinations: [{ ...MAIN, id }] })).toEqual([])
  })

  test.each<[string, object]>([
    ['none', { kind: 'none' }],
    ['bearer', { kind: 'bearer', token: 'abc' }],
    ['basic', { kind: 'basic', username: 'me', password: '' }],
    ['header', { kind: 'header', name: 'X-Key', value: 'abc' }],
  ])('%s is a way to log in', (_kind, auth) => {
    expect(configSchema.parse({ destinations: [{ ...MAIN, auth }] }).destinations[0]?.auth).toEqual(auth)
  })

  test.each<[string, object, string]>([
    [
      'a way to log in that does not exist',
      { kind: 'magic' },
      'kind: expected one of none, bearer, basic, header, oauth2, mtls, got "magic"',
    ],
    ['a bearer without token', { kind: 'bearer' }, 'token: expected string, got nothing'],
    [
      'what belongs to another way',
      { kind: 'bearer', token: 'x', password: 'y' },
      'password: this key is not known',
    ],
    [
      'a header over two lines',
      { kind: 'header', name: 'X\r\nY', value: 'z' },
      'name: expected printable ASCII on one line, got "X\\r\\nY"',
    ],
    [
      'a token that no header can hold',
      { kind: 'bearer', token: 'č' },
      'token: expected printable ASCII on one line, got "(hidden)"',
    ],
  ])('%s is a fault', (_case, auth, line) => {
    expect(faultsOf({ destinations: [{ ...MAIN, auth }] })).toEqual([`destinations.0.auth.${line}`])
  })

  test('a header that cannot be sent is not shown', () => {
    const auth = { kind: 'header', name: 'X-Key', value: '5318008\n' }
    expect(faultsOf({ destinations: [{ ...MAIN, auth }] })).toEqual([
      'destinations.0.auth.value: expected printable ASCII on one line, got "(hidden)"',
    ])
    const twice = faultsOf({
      destinations: [
        { id: 'a', auth, dialect: 'preview' },
        { id: 'a', dialect: 'preview' },
      ],
    })
    expect(twice.join()).not.toContain('531')
  })

  test('the lower bound of concurrency is not above the upper one', () => {
    expect(faultsOf({ destinations: [{ ...MAIN, concurrency: { min: 4, max: 2 } }] })).toEqual([
      'destinations.0.concurrency: expected min to be at most max, got {"min":4,"max":2}',
    ])
    expect(faultsOf({ destinations: [{ ...MAIN, concurrency: { min: 2, max: 2 } }] })).toEqual([])
  })
})

describe('alarms', () => {
  test.each(['1s', '5s', '30s', '1m', '60s'])('may be looked for every %s', lookEvery => {
    expect(faultsOf({ destinations: [MAIN], alarms: { lookEvery } })).toEqual([])
  })

  test.each(['0s', '500ms', '1500ms', '7s', '2m', '1h'])('cannot be looked for every %s', lookEvery => {
    expect(faultsOf({ destinations: [MAIN], alarms: { lookEvery } })).toEqual([
      expect.stringMatching(
        /^alarms\.lookEvery: expected whole seconds that divide a minute, such as 1s, 5s or 1m/,
      ),
    ])
  })
})

describe('limits', () => {
  test.each<[object, string]>([
    [{ http: { port: 65_536 } }, 'http.port: expected at most 65535, got 65536'],
    [{ http: { port: '4041' } }, 'http.port: expected number, got "4041"'],
    [{ http: { host: '' } }, 'http.host: expected at least 1, got ""'],
    [{ mqtt: { limits: { connections: 0 } } }, 'mqtt.limits.connections: expected at least 1, got 0'],
    [{ mqtt: { limits: { topicLevels: 101 } } }, 'mqtt.limits.topicLevels: expected at most 100, got 101'],
    [
      { mqtt: { listeners: [{ kind: 'udp', port: 1 }] } },
      'mqtt.listeners.0.kind: expected one of tcp, tls, ws, wss, got "udp"',
    ],
    [{ mqtt: { listeners: [{ kind: 'tcp' }] } }, 'mqtt.listeners.0.port: expected number, got nothing'],
    [{ profiles: [] }, 'profiles: expected at least 1, got []'],
    [{ destinations: [] }, 'destinations: expected at least 1, got []'],
    [{ quarantine: { maxEntries: 0 } }, 'quarantine.maxEntries: expected at least 1, got 0'],
    [
      { journal: { maxBytes: '4GB' } },
      'journal.maxBytes: expected a size with its unit, such as 900KiB or 4GiB, got "4GB"',
    ],
    [{ journal: { onFull: 'panic' } }, 'journal.onFull: expected one of reject, dropOldest, got "panic"'],
    [{ journal: { engine: 'nats' } }, 'journal.engine: expected one of embedded, got "nats"'],
    [
      { destinations: [{ ...MAIN, batch: { maxEntities: 1_001 } }] },
      'destinations.0.batch.maxEntities: expected at most 1000, got 1001',
    ],
    [
      { destinations: [{ ...MAIN, concurrency: { max: 65 } }] },
      'destinations.0.concurrency.max: expected at most 64, got 65',
    ],
  ])('%j is a fault', (raw, line) => {
    expect(faultsOf(raw)).toEqual([line])
  })
})

function faultsOf(raw: unknown): readonly string[] {
  const { faults = [] } = checkDocument(configSchema, raw, 'x.yaml')
  return faults.map(fault => formatFault(fault).replace(/^x\.yaml: /, ''))
}

/** All keys, as paths, of whatever is nested how deep. */
function getKeys(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['']
  return Object.entries(value)
    .flatMap(([key, item]) => getKeys(item).map(path => `${key}.${path}`))
    .toSorted()
}
