/** What is watched, from when on it is an alarm, and who is told. */
import { z } from 'zod'
import { ALARM_KINDS } from '../alarms/alarm.ts'
import { httpAddress, tlsSchema } from './auth.ts'
import { duration } from './units.ts'

const webhookSchema = z
  .strictObject({
    url: httpAddress.describe('Where each start and end of an alarm is sent to, by POST.'),
    secret: z
      .string()
      .min(16, { error: 'expected at least 16 characters' })
      .optional()
      .describe('What requests are signed with; `whsec_` stands before one in Base64.'),
    kinds: z.array(z.enum(ALARM_KINDS)).min(1).optional().describe('Only alarms of these kinds.'),
    tenants: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Only alarms of these tenants; without it those of the whole agent, too.'),
    tls: tlsSchema.optional().describe('For https, as for destinations.'),
  })
  .refine(({ tls, url }) => tls === undefined || url.startsWith('https:'), {
    path: ['url'],
    error: 'expected an https address, as there is tls',
  })
  .meta({ id: 'webhook' })

const MINUTE_MS = 60_000

export const alarmsSchema = z.strictObject({
  webhooks: z
    .array(webhookSchema)
    .default([])
    .refine(webhooks => new Set(webhooks.map(({ url }) => url)).size === webhooks.length, {
      error: 'expected every webhook to have an address of its own',
    })
    .describe('Who is told when an alarm starts and ends.'),
  silentAfter: z
    .number()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('How many times the interval of its profile a device is silent before it is an alarm.'),
  neverHeardAfter: duration('24h').describe('How long a device is known and not heard of before it is one.'),
  lowBattery: z
    .number()
    .min(0)
    .max(100)
    .default(15)
    .describe('Below this charge, in percent, a battery is low; 0 never.'),
  lookEvery: duration('5s')
    .refine(ms => ms > 0 && ms % 1_000 === 0 && MINUTE_MS % ms === 0, {
      error: 'expected whole seconds that divide a minute, such as 1s, 5s or 1m',
    })
    .describe('How often lanes, devices and the disk are looked at: so soon an alarm starts, and ends.'),
  downAfter: duration('5m').describe(
    'How long a destination, a bridge or a webhook is away before it is one.',
  ),
})

export type AlarmsConfig = z.output<typeof alarmsSchema>
export type WebhookConfig = AlarmsConfig['webhooks'][number]
