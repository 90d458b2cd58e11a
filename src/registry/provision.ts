/** The provisioning file: tenants, what may log in, and which sensors there are. Unknown keys are faults. */
import { z } from 'zod'
import { isTopicFilter } from '../topic-filter.ts'
import { locationSchema } from './location.ts'

const idText = (what: string) =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, {
    error: `expected ${what} of letters, digits and . _ : -`,
  })

const tenantId = z
  .string()
  .regex(/^[a-z0-9_]{1,50}$/, { error: 'expected 1 to 50 lower-case letters, digits or _' })

/** A plain level of a topic: what an API key or a device id may be, since both stand in topics. */
const topicLevel = z
  .string()
  .regex(/^[^/+#\p{Cc}]{1,128}$/u, { error: 'expected 1 to 128 characters without / + #' })

const topicFilter = z.string().refine(isTopicFilter, {
  error: 'expected an MQTT topic filter: + and # only as whole levels, # only last',
})

const unknownDevices = z.enum(['hold', 'reject', 'create'])

const groupSchema = z.strictObject({
  apikey: topicLevel,
  profile: idText('a profile id'),
  unknownDevices: unknownDevices.optional(),
})

const routeSchema = z.strictObject({
  topic: z
    .string()
    .regex(/^[^#]+$/, { error: 'expected a topic with {device} as one level and + for any other' })
    .refine(topic => topic.split('/').includes('{device}'), {
      error: 'expected {device} to be one level of the topic',
    }),
  profile: idText('a profile id').optional(),
})

const tenantSchema = z.strictObject({
  id: tenantId,
  name: z.record(z.string(), z.string()).optional(),
  destinations: z.array(z.string()).min(1).optional(),
  brokerTenant: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,50}$/, { error: 'expected letters, digits, _ or -' })
    .optional(),
  unknownDevices: unknownDevices.default('hold'),
  groups: z.array(groupSchema).default([]),
  routes: z.array(routeSchema).default([]),
})

const passwordHash = z.string().regex(/^(?:scrypt|hmac-sha256)\$/, {
  error: 'expected what `tromost secret` prints, beginning with scrypt$ or hmac-sha256$',
})

const credentialSchema = z
  .strictObject({
    tenant: tenantId,
    /** `{device}` makes the entry a rule for all devices of the tenant that have a password. */
    username: z.string().min(1).max(256),
    password: z.string().min(1).optional(),
    passwordHash: passwordHash.optional(),
    publish: z.array(topicFilter).default([]),
    subscribe: z.array(topicFilter).default([]),
  })
  .refine(
    ({ username, password, passwordHash: hash }) =>
      isForDevices(username) !== (Boolean(password) !== Boolean(hash)),
    {
      error:
        'expected exactly one of password and passwordHash (none for username {device}: its devices have their own)',
    },
  )

const deviceSchema = z
  .strictObject({
    tenant: tenantId,
    id: topicLevel,
    profile: idText('a profile id'),
    name: z.string().optional(),
    location: locationSchema.optional(),
    placement: z.string().min(1).optional(),
    attributes: z.record(z.string(), z.unknown()).default({}),
    apikey: topicLevel.optional(),
    password: z.string().min(1).optional(),
    passwordHash: passwordHash.optional(),
  })
  .refine(({ password, passwordHash: hash }) => password === undefined || hash === undefined, {
    error: 'expected at most one of password and passwordHash',
  })

export const provisionSchema = z.strictObject({
  tenants: z.array(tenantSchema).default([]),
  credentials: z.array(credentialSchema).default([]),
  devices: z.array(deviceSchema).default([]),
})

export type Provision = z.output<typeof provisionSchema>
export type ProvisionInput = z.input<typeof provisionSchema>
export type ProvisionedTenant = z.output<typeof tenantSchema>
export type ProvisionedDevice = z.output<typeof deviceSchema>

export function isForDevices(username: string): boolean {
  return username === '{device}'
}
