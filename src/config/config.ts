/** What can be configured, with its default and its limit. config/tromost.yaml shows every key; a test holds the two equal. */
import { z } from 'zod'
import { DEFAULT_VOCABULARY } from '../context/terms.ts'
import { alarmsSchema } from './alarms.ts'
import { httpAddress } from './auth.ts'
import { bridgesSchema } from './bridge.ts'
import { contextAddress } from './context-address.ts'
import { destinationSchema } from './destination.ts'
import { egressSchema } from './egress.ts'
import { listenerSchema } from './listener.ts'
import { mqttLimitsSchema } from './mqtt-limits.ts'
import { network } from './network.ts'
import { oidcSchema } from './oidc.ts'
import { duration, optionalSize, size } from './units.ts'

const host = z
  .string()
  .min(1)
  .default('127.0.0.1')
  .describe('The address to listen on; 0.0.0.0 is every one of this machine.')
const anyPort = z.int().min(0).max(65_535).describe('0 takes a free one.')
const port = (byDefault: number) => anyPort.default(byDefault)

const mqttSchema = z.strictObject({
  listeners: z
    .array(listenerSchema)
    .default([{ kind: 'tcp', host: '127.0.0.1', port: 1883 }])
    .describe('Where sensors connect.'),
  limits: mqttLimitsSchema.prefault({}).describe('Bounds for what clients may do.'),
})

const httpSchema = z.strictObject({
  host,
  port: port(4041),
  publicUrl: httpAddress
    .optional()
    .describe('Where others reach this port; for destinations whose context is hosted.'),
  trustedProxies: z.array(network).default([]).describe('Reverse proxies whose X-Forwarded-For is believed.'),
  oidc: oidcSchema.optional().describe("A city's own sign-on (OpenID Connect): on when the key is there."),
})

const journalSchema = z.strictObject({
  engine: z.enum(['embedded']).default('embedded').describe('What keeps the messages.'),
  durability: z
    .enum(['fsync', 'os'])
    .default('fsync')
    .describe('fsync: acknowledged means flushed to disk. os: written, but lost in a power cut.'),
  maxBytes: size('4GiB').describe(
    'Of all tenants together. Half of it is kept in equal parts, one for each.',
  ),
  maxBytesPerTenant: optionalSize().describe('Of each tenant that provisioning gives no bound of its own.'),
  diskReserve: size('64MiB').describe('With less than this free on the disk no message is acknowledged.'),
  retention: duration('24h').describe('How long a settled message stays.'),
  onFull: z
    .enum(['reject', 'dropOldest'])
    .default('reject')
    .describe(
      'reject: no PUBACK and the connection closed. dropOldest: the oldest messages expire, counted.',
    ),
  patience: duration('5s').describe('How long messages wait for room before their connection is closed.'),
})

const quarantineSchema = z.strictObject({
  maxEntries: z
    .int()
    .min(1)
    .default(100_000)
    .describe('For each tenant and destination. The oldest ones expire beyond that, counted.'),
  maxBytes: size('1GiB').describe(
    'In all, in equal parts for each tenant and destination. The oldest ones of a part expire beyond it, counted.',
  ),
  retention: duration('30d').describe('How long an entry stays.'),
})

export const configSchema = z
  .strictObject({
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
    vocabulary: contextAddress
      .default(DEFAULT_VOCABULARY)
      .describe(
        'What stands before the names that no published @context has, in the contexts that the agent hosts.',
      ),
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
      .describe('Health, metrics, status, quarantine, the @context, and the entities of the preview.'),
    measures: z
      .strictObject({ host, port: port(7896) })
      .optional()
      .describe("HTTP measures, FIWARE's south port: on when the key is there."),
    bridges: bridgesSchema.describe('Foreign MQTT brokers whose messages are taken in.'),
    journal: journalSchema.prefault({}).describe('The durable journal of messages.'),
    quarantine: quarantineSchema
      .prefault({})
      .describe('What could not be decoded, mapped or delivered, for each tenant and destination.'),
    egress: egressSchema.prefault({}).describe('Where the agent may connect to.'),
    alarms: alarmsSchema.prefault({}).describe('What is watched, and who is told of what should not be.'),
    destinations: z
      .array(destinationSchema)
      .min(1)
      .prefault([{ id: 'preview', dialect: 'preview' }])
      .refine(destinations => new Set(destinations.map(({ id }) => id)).size === destinations.length, {
        error: 'expected every destination to have an id of its own',
      })
      .describe('Where entities go. A tenant that names none uses the first one.'),
  })
  .superRefine(({ http, destinations }, context) => {
    const hosted = destinations.find(destination => destination.context === 'hosted')
    if (hosted === undefined || http.publicUrl !== undefined) return
    const message = `expected the address at which destination ${hosted.id} reaches this agent, because its context is hosted`
    context.addIssue({ code: 'custom', path: ['http', 'publicUrl'], message })
  })

export type Config = z.output<typeof configSchema>

export type MqttConfig = z.output<typeof mqttSchema>
export type QuarantineConfig = z.output<typeof quarantineSchema>
export type { DestinationConfig } from './destination.ts'
export type { ListenerConfig } from './listener.ts'
