/** How requests to a destination are authorised, and over which TLS they go. */
import { z } from 'zod'
import { isClosedAddress } from '../egress/address-classes.ts'

/** Text that becomes the value of a request header: no line breaks, nothing outside printable ASCII. */
const headerValue = z.string().regex(/^[\x20-\x7e]+$/, { error: 'expected printable ASCII on one line' })
const text = z.string().min(1)

export const httpAddress = z
  .url({ protocol: /^https?$/, error: 'expected an http or https address', abort: true })
  .refine(address => isPlain(new URL(address)), {
    error: 'expected an address without a login in it, and none at which clouds keep credentials',
  })

function isPlain({ hostname, username, password }: URL): boolean {
  return username === '' && password === '' && !isClosedAddress(hostname)
}

/** What each grant of OAuth 2.0 needs of the keys below, and of these nothing else (RFC 6749, 4.3, 4.4 and 6). */
const GRANT_KEYS = {
  client_credentials: ['clientSecret'],
  password: ['username', 'password'],
  refresh_token: ['refreshToken'],
} as const
const ALL_GRANT_KEYS = ['username', 'password', 'refreshToken'] as const

const oauth2Schema = z
  .strictObject({
    kind: z.literal('oauth2'),
    tokenUrl: httpAddress.describe('Where tokens come from, such as https://keyrock.example/oauth2/token.'),
    grant: z
      .enum(['client_credentials', 'password', 'refresh_token'])
      .default('client_credentials')
      .describe('The grant type of OAuth 2.0.'),
    clientId: text.describe('Who asks for a token.'),
    clientSecret: text.optional().describe('Its secret; a public client has none.'),
    username: text.optional().describe('For the grant password.'),
    password: text.optional().describe('For the grant password.'),
    refreshToken: text.optional().describe('For the grant refresh_token.'),
    scope: text.optional().describe('Asked for, with spaces between several.'),
    clientAuth: z
      .enum(['basic', 'body'])
      .default('basic')
      .describe(
        'Where the client gives its id and secret: in Authorization: Basic, or as fields of the form.',
      ),
    header: headerValue
      .default('Authorization')
      .describe('The header of requests that the token goes into; in Authorization behind the word Bearer.'),
  })
  .superRefine((auth, context) => {
    const fault = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message, input: auth })
    for (const key of GRANT_KEYS[auth.grant])
      if (auth[key] === undefined) fault(key, `expected a value, which the grant ${auth.grant} needs`)
    const needed: readonly string[] = GRANT_KEYS[auth.grant]
    for (const key of ALL_GRANT_KEYS)
      if (auth[key] !== undefined && !needed.includes(key))
        fault(key, `expected nothing, as the grant ${auth.grant} does not use it`)
    if (auth.grant !== 'client_credentials' && auth.clientAuth === 'basic' && auth.clientSecret === undefined)
      fault('clientSecret', 'expected a value, or clientAuth: body for a public client')
  })

export const authSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('bearer'),
      token: headerValue.describe('Sent as `Authorization: Bearer`.'),
    }),
    z.strictObject({
      kind: z.literal('basic'),
      username: z.string().min(1).describe('User name.'),
      password: z.string().describe('Password.'),
    }),
    z.strictObject({
      kind: z.literal('header'),
      name: headerValue.describe('The name of a header.'),
      value: headerValue.describe('Its value, which is kept secret.'),
    }),
    oauth2Schema,
    z.strictObject({ kind: z.literal('mtls').describe('By tls.certFile and tls.keyFile alone.') }),
  ])
  .meta({ id: 'auth' })

export const tlsSchema = z
  .strictObject({
    caFile: text
      .optional()
      .describe('Certificates (PEM) of those who may vouch for the broker, in place of those of the system.'),
    certFile: text.optional().describe('Our certificate (PEM), with those between it and its root.'),
    keyFile: text.optional().describe('Its private key (PEM).'),
    keyPassword: text.optional().describe('What the key is encrypted with.'),
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .describe('false: anybody may pose as the broker. For trials only; a warning says so at every start.'),
  })
  .refine(({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined), {
    error: 'expected certFile and keyFile together',
  })
  .meta({ id: 'tls' })

export type AuthConfig = z.output<typeof authSchema>
export type OAuth2Config = z.output<typeof oauth2Schema>
export type TlsConfig = z.output<typeof tlsSchema>
