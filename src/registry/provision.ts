/** The provisioning file: tenants, what may log in, and which sensors there are. Unknown keys are faults. */
import { z } from 'zod'
import { optionalSize } from '../config/units.ts'
import { isTopicFilter } from '../topic-filter.ts'
import { DEVICE_ID, DEVICE_ID_EXPECTATION } from './device-id.ts'
import { locationSchema } from './location.ts'
import { tenantDestinationSchema } from './tenant-destination.ts'

const idText = (what: string) =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, {
    error: `expected ${what} of letters, digits and . _ : -`,
  })

const tenantId = z
  .string()
  .regex(/^[a-z0-9_]{1,50}$/, { error: 'expected 1 to 50 lower-case letters, digits or _' })

const deviceId = z.string().regex(DEVICE_ID, { error: DEVICE_ID_EXPECTATION })

/** A plain level of a topic: what an API key may be, since it stands in topics. */
const topicLevel = z
  .string()
  .regex(/^[^/+#\p{Cc}]{1,128}$/u, { error: 'expected 1 to 128 characters without / + #' })

const topicFilter = z.string().refine(isTopicFilter, {
  error: 'expected an MQTT topic filter: + and # only as whole levels, # only last',
})

const unknownDevices = z
  .enum(['hold', 'reject', 'create'])
  .describe(
    'Messages of devices that are not provisioned go to the quarantine; create: a group makes devices of them.',
  )

const groupSchema = z
  .strictObject({
    apikey: topicLevel.describe('The key in the topics of its devices.'),
    profile: idText('a profile id').describe('What its devices are.'),
    unknownDevices: unknownDevices.optional(),
  })
  .meta({ id: 'group' })

const routeSchema = z
  .strictObject({
    topic: z
      .string()
      .regex(/^[^#]+$/, { error: 'expected a topic with {device} as one level and + for any other' })
      .refine(topic => topic.split('/').includes('{device}'), {
        error: 'expected {device} to be one level of the topic',
      })
      .describe('A topic with `{device}` as one level and + for any other.'),
    profile: idText('a profile id').optional().describe('What its devices are, if they are not provisioned.'),
  })
  .meta({ id: 'route' })

export const tenantSchema = z
  .strictObject({
    id: tenantId.describe('Lower-case letters, digits and `_`.'),
    name: z.record(z.string(), z.string()).optional().describe('Names for people, by language.'),
    destinations: z
      .array(tenantDestinationSchema)
      .min(1)
      .optional()
      .describe(
        'Where its entities go, to each of them; the first destination of the configuration if absent.',
      ),
    brokerTenant: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,50}$/, { error: 'expected letters, digits, _ or -' })
      .optional()
      .describe('What the broker calls it: sent as NGSILD-Tenant, to NGSIv2 as Fiware-Service.'),
    journal: z
      .strictObject({
        maxBytes: optionalSize().describe('In place of journal.maxBytesPerTenant of the configuration.'),
      })
      .optional()
      .describe('What its messages may take in the journal.'),
    brokerPath: z
      .string()
      .regex(/^(?:\/|(?:\/[A-Za-z0-9_]{1,50}){1,10})$/, {
        error: 'expected / or up to ten levels of letters, digits or _, such as /parks/north',
      })
      .optional()
      .describe('Where in it NGSIv2 keeps its entities: sent as Fiware-ServicePath, / if absent.'),
    unknownDevices: unknownDevices.default('hold'),
    late: z
      .enum(['skip', 'temporal'])
      .default('skip')
      .describe(
        'Values that are older than what was sent before: left out, or sent to the history of a broker that has one (NGSI-LD temporal entities). They never take the place of newer ones.',
      ),
    badTime: z
      .enum(['receivedTime', 'quarantine'])
      .default('receivedTime')
      .describe(
        'A message with a time that cannot be true, such as 1970 or next year: the time of receipt takes its place, or the message goes to the quarantine.',
      ),
    deviceStatus: z
      .boolean()
      .optional()
      .describe(
        'Whether its destinations are told how its devices are: a `Device` entity with `deviceState` `ok`, `silent` or `never-heard`.',
      ),
    groups: z
      .array(groupSchema)
      .default([])
      .describe("FIWARE's config groups: a key that several devices share."),
    routes: z.array(routeSchema).default([]).describe('Topics that are not understood by themselves.'),
  })
  .meta({ id: 'tenant' })

const password = z
  .string()
  .min(1)
  .describe('In plain text; better a reference to the environment, as in config/provision.yaml.')

/** A certificate names no tenant, so no two credentials of an agent may have one name in common. */
const certificate = z
  .strictObject({
    cn: z.string().min(1).max(256).optional().describe('Its subject CN.'),
    san: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('One of its subject alternative names, such as a DNS name or an address of e-mail.'),
  })
  .refine(({ cn, san }) => cn !== undefined || san !== undefined, { error: 'expected cn or san' })
  .describe('The client certificate that proves who it is, in place of a password.')

const passwordHash = z
  .string()
  .regex(/^(?:scrypt|hmac-sha256)\$/, {
    error: 'expected what `tromost secret` prints, beginning with scrypt$ or hmac-sha256$',
  })
  .describe('What `tromost secret` prints.')

const psk = z
  .string()
  .regex(/^(?:[0-9A-Fa-f]{2}){16,64}$/, { error: 'expected 16 to 64 bytes as hexadecimal digits' })
  .transform(text => text.toLowerCase())
  .describe('A key for TLS-PSK, 16 to 64 bytes in hexadecimal; its identity is tenant/id.')

const login = {
  psk: psk.optional(),
  password: password.optional(),
  passwordHash: passwordHash.optional(),
  certificate: certificate.optional(),
}

const credentialShape = z.strictObject({
  tenant: tenantId.describe('The tenant that it belongs to.'),
  username: z
    .string()
    .min(1)
    .max(256)
    // A client could not say it, and a log would show another one.
    .regex(/^\P{C}*$/u, { error: 'expected characters that can be seen' })
    .describe('`{device}` makes the entry a rule for all devices of the tenant that have a password.'),
  ...login,
  publish: z.array(topicFilter).default([]).describe('Topic filters that it may publish to.'),
  subscribe: z.array(topicFilter).default([]).describe('Topic filters that it may subscribe to.'),
})

export const credentialSchema = credentialShape
  .refine(
    ({ username, password: text, passwordHash: hash, certificate: proof, psk: key }) =>
      isForDevices(username)
        ? [text, hash, proof, key].every(one => one === undefined)
        : Boolean(text) !== Boolean(hash) || ((proof !== undefined || key !== undefined) && !text),
    {
      error:
        'expected exactly one of password and passwordHash, or a certificate or psk (none for username {device}: its devices have their own)',
    },
  )
  .meta({ id: 'credential' })

/** As the admin API takes it: who has no password may get one later. */
export const changedCredentialSchema = credentialShape
  .refine(({ password: text, passwordHash: hash }) => text === undefined || hash === undefined, {
    error: 'expected at most one of password and passwordHash',
  })
  .refine(
    ({ username, password: text, passwordHash: hash, certificate: proof, psk: key }) =>
      !isForDevices(username) || [text, hash, proof, key].every(one => one === undefined),
    { error: 'expected no login of username {device}: its devices have their own' },
  )

export const deviceSchema = z
  .strictObject({
    tenant: tenantId.describe('The tenant that it belongs to.'),
    id: deviceId.describe('As topics name it, such as its DevEUI. Put digits into quotes.'),
    profile: idText('a profile id').describe('What kind of device it is.'),
    profileVersion: z
      .int()
      .min(1)
      .optional()
      .describe(
        'The version of the profile that it stays with, whichever is active; for profiles of the store.',
      ),
    name: z.string().optional().describe('What people call it.'),
    location: locationSchema
      .optional()
      .describe('`[longitude, latitude]`, or a place in a national grid: `{ crs, e, n }`.'),
    placement: z
      .string()
      .min(1)
      .optional()
      .describe('Such as `indoor`: some profiles choose the entity type by it.'),
    attributes: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('What the payload does not say: mounting height, floor, references.'),
    apikey: topicLevel.optional().describe('The key that its topics must have, where they have one.'),
    ...login,
  })
  .refine(({ password: text, passwordHash: hash }) => text === undefined || hash === undefined, {
    error: 'expected at most one of password and passwordHash',
  })
  .meta({ id: 'device' })

export const provisionSchema = z.strictObject({
  tenants: z.array(tenantSchema).default([]).describe('The municipalities that share this agent.'),
  credentials: z.array(credentialSchema).default([]).describe('Who may log in, beside devices.'),
  devices: z.array(deviceSchema).default([]).describe('Which sensors there are.'),
})

export type Provision = z.output<typeof provisionSchema>
export type ProvisionInput = z.input<typeof provisionSchema>
export type ProvisionedTenant = z.output<typeof tenantSchema>
export type ProvisionedDevice = z.output<typeof deviceSchema>
export type ProvisionedCredential = z.output<typeof changedCredentialSchema>

export function isForDevices(username: string): boolean {
  return username === '{device}'
}
