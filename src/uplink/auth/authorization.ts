/** What a request says about who sends it, by the kind of login that a destination has. */
import type { AuthConfig } from '../../config/auth.ts'
import { createTokenRequest, type TokenServerOptions } from './token-request.ts'
import { TokenSource } from './token-source.ts'

export type AuthHeaders = Readonly<Record<string, string>>

export interface Authorization {
  /** Of the next request. At once where nothing has to be asked for; rejects where that fails. */
  get(): AuthHeaders | Promise<AuthHeaders>
  /** Instead of those that the destination did not accept; undefined where there are no others. Rejects as `get` does. */
  renew(refused: AuthHeaders): Promise<AuthHeaders | undefined>
}

export function createAuthorization(auth: AuthConfig, options: TokenServerOptions): Authorization {
  if (auth.kind === 'oauth2') return createTokenAuthorization(auth.header, createTokenRequest(auth, options))
  const headers = getFixedHeaders(auth)
  return { get: () => headers, renew: async () => undefined }
}

/** The names of the headers, for those who show a request without what is secret. */
export function getAuthHeaderNames(auth: AuthConfig): readonly string[] {
  return auth.kind === 'oauth2' ? [auth.header] : Object.keys(getFixedHeaders(auth))
}

function createTokenAuthorization(
  header: string,
  request: ReturnType<typeof createTokenRequest>,
): Authorization {
  const source = new TokenSource(request)
  const toHeaders = (token: string): AuthHeaders => ({
    [header]: header.toLowerCase() === 'authorization' ? `Bearer ${token}` : token,
  })
  // One object for each token, so that a hot path makes none.
  let last: { readonly token: string; readonly headers: AuthHeaders } | undefined
  const share = (token: string): AuthHeaders => {
    if (last?.token !== token) last = { token, headers: toHeaders(token) }
    return last.headers
  }
  return {
    get: () => {
      const token = source.get()
      return typeof token === 'string' ? share(token) : token.then(share)
    },
    renew: async refused => {
      const isRefused = (token: string) => toHeaders(token)[header] === refused[header]
      return share(await source.renew(isRefused))
    },
  }
}

function getFixedHeaders(auth: Exclude<AuthConfig, { kind: 'oauth2' }>): AuthHeaders {
  switch (auth.kind) {
    case 'none':
    case 'mtls':
      return {}
    case 'bearer':
      return { Authorization: `Bearer ${auth.token}` }
    case 'basic':
      return { Authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` }
    case 'header':
      return { [auth.name]: auth.value }
  }
}
