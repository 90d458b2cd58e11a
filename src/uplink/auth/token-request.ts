/** Asks a token server for an access token (RFC 6749; Keyrock, Keycloak and their like). What is secret never gets into an error. */
import { Agent } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { AxiosRequestConfig, AxiosResponse } from 'axios'
import { z } from 'zod'
import type { OAuth2Config } from '../../config/auth.ts'
import type { Egress } from '../../egress/egress.ts'
import { getMessage, TromostError } from '../../errors.ts'
import { isClosed, isUntrusted } from '../failure-code.ts'
import { parseRetryAfter } from '../retry-after.ts'
import type { TlsMaterial } from '../tls-files.ts'
import type { Token } from './token-source.ts'

export interface TokenServerOptions {
  /** How long a token may take, in milliseconds. */
  readonly timeoutMs: number
  readonly tls: () => TlsMaterial | undefined
  readonly egress: Egress
}

/** No token now, and perhaps later. */
export class TokenUnavailableError extends Error {
  readonly retryAfterMs: number | undefined

  constructor(message: string, retryAfterMs?: number) {
    super(message)
    this.name = 'TokenUnavailableError'
    this.retryAfterMs = retryAfterMs
  }
}

/** RFC 6749, 5.1. Some servers write the seconds as text. */
const grantedSchema = z.object({
  // What a header can hold.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z
    .string()
    .regex(/^bearer$/i)
    .optional(),
  expires_in: z.coerce.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
})

const ANSWER_BYTES_MAX = 256 * 1024
const EXCERPT_CHARS_MAX = 300
/** The server may think otherwise a moment later; every other refusal is about what we asked. */
const isPassing = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500

export function createTokenRequest(
  auth: OAuth2Config,
  { timeoutMs, tls, egress }: TokenServerOptions,
): () => Promise<Token> {
  let { refreshToken } = auth
  return async () => {
    const answer = await post(auth, refreshToken, { timeoutMs, egress, tls: tls() })
    const granted = readAnswer(auth, answer)
    // A server that gives a new refresh token does not take the old one again.
    if (auth.grant === 'refresh_token') refreshToken = granted.refresh_token ?? refreshToken
    return {
      value: granted.access_token,
      ...(granted.expires_in !== undefined && { lifetimeMs: granted.expires_in * 1_000 }),
    }
  }
}

async function post(
  auth: OAuth2Config,
  refreshToken: string | undefined,
  { timeoutMs, egress, tls }: Omit<TokenServerOptions, 'tls'> & { readonly tls: TlsMaterial | undefined },
): Promise<AxiosResponse<string>> {
  const lookup = egress.open(auth.tokenUrl)
  // Loaded by those who need it: most destinations have no token server.
  const { default: axios } = await import('axios')
  try {
    return await axios.post<string>(auth.tokenUrl, toForm(auth, refreshToken).toString(), {
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Accept: 'application/json',
        ...getBasic(auth),
      },
      responseType: 'text',
      transformResponse: [],
      validateStatus: () => true,
      maxRedirects: 0,
      proxy: false,
      lookup: lookup as NonNullable<AxiosRequestConfig['lookup']>,
      maxContentLength: ANSWER_BYTES_MAX,
      signal: AbortSignal.timeout(timeoutMs),
      ...(tls && { httpsAgent: createAgent(tls) }),
    })
  } catch (error) {
    // Never the error itself: it holds the request.
    const words = axios.isCancel(error) ? `no answer within ${timeoutMs} ms` : hide(auth, getMessage(error))
    const detail = `token server ${auth.tokenUrl}: ${words}`
    if (isClosed(error)) throw new TromostError('ADDRESS_CLOSED', detail)
    throw isUntrusted(error)
      ? new TromostError('DESTINATION_UNTRUSTED', detail)
      : new TokenUnavailableError(detail)
  }
}

/** A token server is often another one than the broker's, with a certificate of a public authority. */
function createAgent({ ca, cert, key, passphrase }: TlsMaterial): Agent {
  return new Agent({
    ...(ca && { ca: [...rootCertificates, ca.toString()] }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(passphrase && { passphrase }),
  })
}

function toForm(auth: OAuth2Config, refreshToken: string | undefined): URLSearchParams {
  const { grant, username, password, scope, clientAuth, clientId, clientSecret } = auth
  const fields = {
    grant_type: grant,
    username,
    password,
    refresh_token: refreshToken,
    scope,
    ...(clientAuth === 'body' && { client_id: clientId, client_secret: clientSecret }),
  }
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  return form
}

/** Both parts are form-encoded first (RFC 6749, 2.3.1). */
function getBasic({ clientAuth, clientId, clientSecret = '' }: OAuth2Config): Record<string, string> {
  if (clientAuth !== 'basic') return {}
  const pair = `${encodeForm(clientId)}:${encodeForm(clientSecret)}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function readAnswer(auth: OAuth2Config, { status, data, headers }: AxiosResponse<string>) {
  const words = data === '' ? '' : `: ${hide(auth, data).slice(0, EXCERPT_CHARS_MAX)}`
  if (isPassing(status)) {
    const afterMs = parseRetryAfter(headers['retry-after'])
    throw new TokenUnavailableError(`token server ${auth.tokenUrl}: HTTP ${status}${words}`, afterMs)
  }
  if (status !== 200) throw refuse(auth, `HTTP ${status}${words}`)
  const granted = grantedSchema.safeParse(parseJson(data))
  // Not its words here: a token may be among them.
  if (!granted.success) throw refuse(auth, 'expected a bearer token as JSON, got HTTP 200 without one')
  return granted.data
}

function refuse({ tokenUrl }: OAuth2Config, detail: string): TromostError {
  return new TromostError('TOKEN_REFUSED', `token server ${tokenUrl}: ${detail}`)
}

/** A server may repeat what it was sent, as it was sent. */
function hide({ clientSecret, password, refreshToken }: OAuth2Config, text: string): string {
  const secrets = [clientSecret, password, refreshToken].filter(secret => secret !== undefined)
  return secrets
    .flatMap(secret => [secret, encodeForm(secret)])
    .reduce((shown, secret) => shown.replaceAll(secret, '(hidden)'), text)
}

function encodeForm(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
