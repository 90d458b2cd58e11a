/** What can be configured, with its default and its limit. config/tromost.yaml shows every key; a test holds the two equal. */
import { z } from 'zod'
import { duration, size } from './units.ts'

const host = z.string().min(1).default('127.0.0.1')
const port = (byDefault: number) => z.int().min(0).max(65_535).default(byDefault)

const listenerSchema = z.strictObject({
  kind: z.enum(['tcp', 'ws']),
  host,
  port: z.int().min(0).max(65_535),
})

const mqttSchema = z.strictObject({
  listeners: z.array(listenerSchema).default([{ kind: 'tcp', host: '127.0.0.1', port: 1883 }]),
  limits: z
    .strictObject({
      /** Sockets, not sessions: what costs memory is the socket. */
      connections: z.int().min(1).default(20_000),
      connectTimeout: duration('10s'),
      topicLevels: z.int().min(1).max(100).default(16),
      packetBytes: size('256KiB'),
      messagesPerSecond: z.int().min(1).optional(),
    })
    .prefault({}),
})

const httpSchema = z.strictObject({ host, port: port(4041) })

const journalSchema = z.strictObject({
  engine: z.enum(['embedded']).default('embedded'),
  /** fsync: acknowledged means flushed to disk. os: written but not flushed. */
  durability: z.enum(['fsync', 'os']).default('fsync'),
  maxBytes: size('4GiB'),
  /** Kept free on the disk: the rest of the agent writes too, and so does whoever tidies up. */
  diskReserve: size('64MiB'),
  retention: duration('24h'),
  onFull: z.enum(['reject', 'dropOldest']).default('reject'),
})

const quarantineSchema = z.strictObject({
  maxEntries: z.int().min(1).default(100_000),
  retention: duration('30d'),
})

/** Text that becomes the value of a request header: no line breaks, nothing outside printable ASCII. */
const headerValue = z.string().regex(/^[\x20-\x7e]+$/, { error: 'expected printable ASCII on one line' })

const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('bearer'), token: headerValue }),
  z.strictObject({ kind: z.literal('basic'), username: z.string().min(1), password: z.string() }),
  z.strictObject({ kind: z.literal('header'), name: headerValue, value: headerValue }),
])

const destinationSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, {
      error: 'expected lower-case letters, digits, - or _, at most 50',
    }),
    dialect: z.enum(['ngsi-ld', 'preview']),
    url: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).optional(),
    /** Address of the @context, sent as Link; the broker must be able to reach it. */
    context: z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).optional(),
    auth: authSchema.default({ kind: 'none' }),
    batch: z
      .strictObject({
        maxEntities: z.int().min(1).max(1_000).default(100),
        maxBytes: size('900KiB'),
        linger: duration('50ms'),
      })
      .prefault({}),
    concurrency: z
      .strictObject({ min: z.int().min(1).default(1), max: z.int().min(1).max(64).default(8) })
      .refine(({ min, max }) => min <= max, { error: 'expected min to be at most max' })
      .prefault({}),
    timeouts: z
      .strictObject({ connect: duration('3s'), headers: duration('10s'), body: duration('10s') })
      .prefault({}),
    retry: z.strictObject({ initial: duration('250ms'), max: duration('30s') }).prefault({}),
  })
  .refine(({ dialect, url }) => dialect === 'preview' || url !== undefined, {
    path: ['url'],
    error: 'expected the address of the context broker',
  })

export const configSchema = z.strictObject({
  dataDir: z.string().min(1).default('./data'),
  profiles: z.array(z.string().min(1)).min(1).default(['./devices']),
  provision: z.string().min(1).default('./config/provision.yaml'),
  /** Whether entities are held against the JSON Schema of their type, and what becomes of one that it does not take. */
  validate: z.enum(['off', 'warn', 'quarantine']).default('off'),
  /** A folder of such schemas, laid out as the Smart Data Models publish them. */
  schemas: z.string().min(1).default('./schemas'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
      format: z.enum(['pretty', 'json']).default('pretty'),
    })
    .prefault({}),
  mqtt: mqttSchema.prefault({}),
  http: httpSchema.prefault({}),
  measures: z.strictObject({ host, port: port(7896) }).optional(),
  journal: journalSchema.prefault({}),
  quarantine: quarantineSchema.prefault({}),
  destinations: z
    .array(destinationSchema)
    .min(1)
    .default([destinationSchema.parse({ id: 'preview', dialect: 'preview' })])
    .refine(destinations => new Set(destinations.map(({ id }) => id)).size === destinations.length, {
      error: 'expected every destination to have an id of its own',
    }),
})

export type Config = z.output<typeof configSchema>

/**
 * Which keys of a configuration have their name already and no effect yet. They are taken, so that a file written for a later
 * version starts, and told at the start.
 */
export function findPlannedKeys({ mqtt: { limits }, measures }: Config): readonly string[] {
  const planned = {
    'mqtt.limits.messagesPerSecond': limits.messagesPerSecond,
    measures,
  }
  return Object.entries(planned)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key)
}

export type ListenerConfig = z.output<typeof listenerSchema>
export type MqttConfig = z.output<typeof mqttSchema>
export type QuarantineConfig = z.output<typeof quarantineSchema>
export type DestinationConfig = z.output<typeof destinationSchema>
