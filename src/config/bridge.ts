/** A bridge to a foreign MQTT broker, as it is configured. */
import { z } from 'zod'
import { isTopicFilter } from '../topic-filter.ts'
import { tlsSchema } from './auth.ts'

/** There it would be shown wherever the address is. */
function hasLogin(url: string): boolean {
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

const bridgeSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, {
        error: 'expected lower-case letters, digits, - or _, at most 50',
      })
      .describe('What the log and the status call it.'),
    tenant: z.string().min(1).describe('The tenant that its messages belong to.'),
    url: z
      .url({ protocol: /^mqtts?$/, error: 'expected an mqtt or mqtts address' })
      .describe('The foreign broker.'),
    topics: z
      .array(
        z.string().refine(isTopicFilter, {
          error: 'expected an MQTT topic filter: + and # only as whole levels, # only last',
        }),
      )
      .min(1)
      .describe('What is subscribed there, at QoS 1.'),
    prefix: z
      .string()
      .min(1)
      .optional()
      .describe('The beginning of its topics that is cut off before they are understood, such as `kranj/`.'),
    clientId: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe('Names the session that the broker keeps. By default one that this data folder makes.'),
    username: z.string().min(1).optional().describe('User name.'),
    password: z.string().min(1).optional().describe('Password.'),
    tls: tlsSchema.optional().describe('Over which TLS, where the address is one of mqtts.'),
  })
  // Told at another key, so that the fault does not show the address.
  .refine(({ url }) => !hasLogin(url), {
    path: ['password'],
    error: 'expected the login in username and password, and none in url',
  })
  .refine(({ username, password }) => password === undefined || username !== undefined, {
    path: ['username'],
    error: 'expected a user name beside the password',
  })
  .refine(({ tls, url }) => tls === undefined || url.startsWith('mqtts:'), {
    path: ['tls'],
    error: 'expected an mqtts address beside tls',
  })
  .meta({ id: 'bridge' })

export const bridgesSchema = z
  .array(bridgeSchema)
  .default([])
  .refine(bridges => new Set(bridges.map(({ id }) => id)).size === bridges.length, {
    error: 'expected every bridge to have an id of its own',
  })

export type BridgeConfig = z.output<typeof bridgeSchema>
