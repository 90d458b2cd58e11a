/** What can be configured, with its default and its limit. config/tromost.yaml shows every key; a test holds the two equal. */
import { z } from 'zod'
import { authSchema, httpAddress, tlsSchema } from './auth.ts'
import { contextAddressOrNone } from './context-address.ts'
import { duration, size } from './units.ts'

const host = z
  .string()
  .min(1)
  .default('127.0.0.1')
  .describe('The address to listen on; 0.0.0.0 is every one of this machine.')
const anyPort = z.int().min(0).max(65_535).describe('0 takes a free one.')
const port = (byDefault: number) => anyPort.default(byDefault)

const listenerSchema = z
  .strictObject({
    kind: z.enum(['tcp', 'ws']).describe('MQTT as it is, or over WebSocket.'),
    host,
    port: anyPort,
  })
  .meta({ id: 'listener' })

const mqttSchema = z.strictObject({
  listeners: z
    .array(listenerSchema)
    .default([{ kind: 'tcp', host: '127.0.0.1', port: 1883 }])
    .describe('Where sensors connect.'),
  limits: z
    .strictObject({
      // Sockets, not sessions: what costs memory is the socket.
      connections: z.int().min(1).default(20_000).describe('Open sockets; one more is closed at once.'),
      connectTimeout: duration('10s').describe('From the socket to a complete CONNECT.'),
      topicLevels: z.int().min(1).max(100).default(16).describe('Levels of a topic.'),
      packetBytes: size('256KiB').describe('One packet; a client that sends a larger one is disconnected.'),
      messagesPerSecond: z.int().min(1).optional().describe('Planned, no effect yet.'),
    })
    .prefault({})
    .describe('Bounds for what clients may do.'),
})

const httpSchema = z.strictObject({ host, port: port(4041) })

const journalSchema = z.strictObject({
  engine: z.enum(['embedded']).default('embedded').describe('What keeps the messages.'),
  durability: z
    .enum(['fsync', 'os'])
    .default('fsync')
    .describe('fsync: acknowledged means flushed to disk. os: written, but lost in a power cut.'),
  maxBytes: size('4GiB').describe('Of all tenants together.'),
  diskReserve: size('64MiB').describe('With less than this free on the disk no message is acknowledged.'),
  retention: duration('24h').describe('How long a settled message stays.'),
  onFull: z
    .enum(['reject', 'dropOldest'])
    .default('reject')
    .describe(
      'reject: no PUBACK and the connection closed. dropOldest: the oldest messages expire, counted.',
    ),
})

const quarantineSchema = z.strictObject({
  maxEntries: z.int().min(1).default(100_000).describe('The oldest ones expire beyond that, counted.'),
  retention: duration('30d').describe('How long an entry stays.'),
})

const destinationSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, {
        error: 'expected lower-case letters, digits, - or _, at most 50',
      })
      .describe('What tenants call it.'),
    dialect: z
      .enum(['ngsi-ld', 'preview'])
      .describe('ngsi-ld: any NGSI-LD broker. preview: the last value of every entity, in memory.'),
    url: httpAddress.optional().describe('The context broker; needed for all but preview.'),
    context: contextAddressOrNone
      .optional()
      .describe(
        'Address of the @context of every entity, in place of those that the profiles name; the broker must be able to reach it. none: no @context at all.',
      ),
    auth: authSchema.default({ kind: 'none' }).describe('How requests are authorised.'),
    tls: tlsSchema
      .optional()
      .describe('For https; its files are read again when they change. Without it those of the system.'),
    compression: z
      .enum(['none', 'gzip'])
      .default('none')
      .describe('Of the bodies of requests. Few brokers take gzip; a gateway may.'),
    batch: z
      .strictObject({
        maxEntities: z.int().min(1).max(1_000).default(100).describe('Entities of one request.'),
        maxBytes: size('900KiB').describe('Body of one request.'),
        linger: duration('50ms').describe('How long the first entity waits for others.'),
      })
      .prefault({})
      .describe('A batch closes at whichever comes first.'),
    concurrency: z
      .strictObject({
        min: z.int().min(1).default(1).describe('At the start, and however slow the broker is.'),
        max: z.int().min(1).max(64).default(8).describe('At most.'),
      })
      .refine(({ min, max }) => min <= max, { error: 'expected min to be at most max' })
      .prefault({})
      .describe('Requests at once: more while answers take no longer, half as many when they do or fail.'),
    timeouts: z
      .strictObject({
        connect: duration('3s').describe('To connect.'),
        headers: duration('10s').describe('Until the answer begins.'),
        body: duration('10s').describe('From there to its end.'),
      })
      .prefault({})
      .describe('How long to wait for the broker.'),
    retry: z
      .strictObject({
        initial: duration('250ms').describe('After the first failure.'),
        max: duration('30s').describe('At most.'),
        retryAfterMax: duration('1h').describe('At most where the broker asks for more (Retry-After).'),
        alarmMax: duration('5m').describe(
          'At most where waiting alone does not help, as with a wrong login.',
        ),
      })
      .prefault({})
      .describe('The pause after a failure doubles from the first to the bound, for ever.'),
  })
  .refine(({ dialect, url }) => dialect === 'preview' || url !== undefined, {
    path: ['url'],
    error: 'expected the address of the context broker',
  })
  .refine(({ tls, url }) => tls === undefined || url === undefined || url.startsWith('https:'), {
    path: ['url'],
    error: 'expected an https address, as there is tls',
  })
  .refine(({ auth, tls }) => auth.kind !== 'mtls' || tls?.certFile !== undefined, {
    path: ['tls'],
    error: 'expected certFile and keyFile, which auth of the kind mtls needs',
  })
  .meta({ id: 'destination' })

export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('./data')
    .describe('The journal, the quarantine and the keys of this installation; one agent per folder.'),
  profiles: z
    .array(z.string().min(1))
    .min(1)
    .default(['./devices'])
    .describe('Folders of device profiles, read at start.'),
  provision: z
    .string()
    .min(1)
    .default('./config/provision.yaml')
    .describe('Tenants, credentials, devices, read at start.'),
  validate: z
    .enum(['off', 'warn', 'quarantine'])
    .default('off')
    .describe('What becomes of an entity that the JSON Schema of its type does not take.'),
  schemas: z
    .string()
    .min(1)
    .default('./schemas')
    .describe('A folder of such schemas, laid out as the Smart Data Models publish them.'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least that is told.'),
      format: z
        .enum(['pretty', 'json'])
        .default('pretty')
        .describe('pretty: for people. json: one object per line.'),
    })
    .prefault({})
    .describe('The log on standard output.'),
  mqtt: mqttSchema.prefault({}).describe('MQTT in.'),
  http: httpSchema
    .prefault({})
    .describe('Health, metrics, status, quarantine, and the entities of the preview.'),
  measures: z
    .strictObject({ host, port: port(7896) })
    .optional()
    .describe('HTTP measures: planned, no effect yet.'),
  journal: journalSchema.prefault({}).describe('The durable journal of messages.'),
  quarantine: quarantineSchema
    .prefault({})
    .describe('What could not be decoded, mapped or delivered, for each tenant and destination.'),
  destinations: z
    .array(destinationSchema)
    .min(1)
    .prefault([{ id: 'preview', dialect: 'preview' }])
    .refine(destinations => new Set(destinations.map(({ id }) => id)).size === destinations.length, {
      error: 'expected every destination to have an id of its own',
    })
    .describe('Where entities go. A tenant that names none uses the first one.'),
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
