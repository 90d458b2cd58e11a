/** Where sensors connect: each address with its own rules of who may come in and how they prove it. */
import { z } from 'zod'
import { isLoopback } from './loopback.ts'
import { network } from './network.ts'

const LOGIN_KINDS = ['password', 'certificate', 'psk'] as const
export type LoginKind = (typeof LOGIN_KINDS)[number]

const file = (what: string) => z.string().min(1).optional().describe(what)

const common = {
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('The address to listen on; 0.0.0.0 is every one of this machine.'),
  port: z.int().min(0).max(65_535).describe('0 takes a free one.'),
  auth: z
    .enum(['required', 'none'])
    .optional()
    .describe(
      'none: whoever gives no user name comes in with the rights of anonymousAs. On a loopback address only.',
    ),
  anonymousAs: z
    .string()
    .regex(/^[a-z0-9_]{1,50}\/\P{C}+$/u, { error: 'expected a tenant and a user name, such as kranj/lab' })
    .optional()
    .describe('The credential whose rights clients without a user name have, as tenant/username.'),
  proxyProtocol: z
    .strictObject({
      from: z.array(network).min(1).describe('The addresses of the load balancers; nobody else is let in.'),
    })
    .optional()
    .describe(
      'Each connection begins with a header of the PROXY protocol, version 1 or 2, with the address of the client.',
    ),
}

const tls = {
  certFile: file('Our certificate (PEM), with those between it and its root.'),
  keyFile: file('Its private key (PEM).'),
  keyPassword: z.string().min(1).optional().describe('What the key is encrypted with.'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('The oldest version of TLS.'),
  clientCaFile: file('Certificates (PEM) of those who may vouch for clients.'),
  crlFile: file('Revoked certificates (PEM): a list of each authority in clientCaFile.'),
  clientCertificate: z
    .enum(['none', 'optional', 'required'])
    .optional()
    .describe('Whether clients are asked for a certificate; required if absent and clientCaFile is there.'),
  logins: z
    .array(z.enum(LOGIN_KINDS))
    .min(1)
    .optional()
    .describe('What proves who a client is; password, and with clientCaFile certificate, if absent.'),
}

const webSocket = {
  path: z
    .string()
    .regex(/^\/[^\s?#]*$/, { error: 'expected a path such as /mqtt, without query' })
    .optional()
    .describe('The only path that is answered; any if absent.'),
  origins: z
    .array(
      z.string().regex(/^https?:\/\/[^/\s?#]+$/, {
        error: 'expected scheme, host and port, such as https://map.example.org',
      }),
    )
    .optional()
    .describe('The pages that may connect; those of any site if absent, none if empty.'),
}

export const listenerSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('tcp').describe('MQTT as it is.'), ...common }),
    z.strictObject({ kind: z.literal('tls').describe('MQTT over TLS.'), ...common, ...tls }),
    z.strictObject({ kind: z.literal('ws').describe('MQTT over WebSocket.'), ...common, ...webSocket }),
    z.strictObject({
      kind: z.literal('wss').describe('MQTT over WebSocket and TLS.'),
      ...common,
      ...tls,
      ...webSocket,
    }),
  ])
  .superRefine((listener, context) => {
    for (const [key, message] of findProblems(listener))
      context.addIssue({ code: 'custom', path: [key], message })
  })
  .meta({ id: 'listener' })

export type ListenerConfig = z.output<typeof listenerSchema>
export type TlsListenerConfig = Extract<ListenerConfig, { readonly kind: 'tls' | 'wss' }>

export function isTls(listener: ListenerConfig): listener is TlsListenerConfig {
  return listener.kind === 'tls' || listener.kind === 'wss'
}

/** What proves who a client is on this listener. */
export function getLogins(listener: ListenerConfig): readonly LoginKind[] {
  if (!isTls(listener)) return ['password']
  if (listener.logins !== undefined) return listener.logins
  return getClientCertificate(listener) === 'none' ? ['password'] : ['password', 'certificate']
}

export function getClientCertificate(listener: TlsListenerConfig): 'none' | 'optional' | 'required' {
  return listener.clientCertificate ?? (listener.clientCaFile === undefined ? 'none' : 'required')
}

type Problem = readonly [key: string, expectation: string]

function findProblems(listener: ListenerConfig): readonly Problem[] {
  return [...findOpenDoors(listener), ...(isTls(listener) ? findTlsProblems(listener) : [])]
}

/** Nobody from outside is to get in without a login. */
function* findOpenDoors({ host, auth, anonymousAs, proxyProtocol }: ListenerConfig): Iterable<Problem> {
  if (auth !== 'none') {
    if (anonymousAs !== undefined) yield ['anonymousAs', 'expected none, because auth is not none']
    return
  }
  if (!isLoopback(host)) yield ['host', 'expected a loopback address such as 127.0.0.1, because auth is none']
  if (proxyProtocol !== undefined)
    yield ['proxyProtocol', 'expected none, because auth is none and its clients may be anywhere']
  if (anonymousAs === undefined)
    yield ['anonymousAs', 'expected the credential whose rights clients have, because auth is none']
}

function* findTlsProblems(listener: TlsListenerConfig): Iterable<Problem> {
  const { certFile, keyFile, clientCaFile, crlFile } = listener
  const logins = getLogins(listener)
  const certificates = getClientCertificate(listener)
  const isKeyOnly = logins.every(login => login === 'psk')
  if (certFile === undefined && !isKeyOnly) yield ['certFile', 'expected our certificate (PEM)']
  if ((certFile === undefined) !== (keyFile === undefined))
    yield ['keyFile', 'expected certFile and keyFile together']
  if (certificates !== 'none' && clientCaFile === undefined)
    yield ['clientCaFile', `expected certificates (PEM), because clientCertificate is ${certificates}`]
  if (certificates === 'none' && clientCaFile !== undefined)
    yield ['clientCertificate', 'expected optional or required, because clientCaFile is there']
  if (crlFile !== undefined && clientCaFile === undefined)
    yield ['clientCaFile', 'expected those who signed crlFile']
  if (certificates === 'none' && logins.includes('certificate'))
    yield ['logins', 'expected no certificate, because clients are not asked for one (clientCaFile)']
  if (certificates === 'required' && logins.includes('psk'))
    yield ['logins', 'expected no psk, because clientCertificate is required and a handshake has one of them']
}
