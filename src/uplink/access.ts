/** What the lanes of one destination share: its token, and the certificates and keys of the way to it. */
import type { DestinationConfig } from '../config/config.ts'
import { type Authorization, createAuthorization } from './auth/authorization.ts'
import { TlsFiles, type TlsListener, type TlsMaterial } from './tls-files.ts'

export class Access {
  readonly authorization: Authorization
  readonly #tls: TlsFiles | undefined

  constructor(
    { auth, tls, timeouts: { connect, headers, body } }: DestinationConfig,
    listener: TlsListener = { onChange: () => {}, onFault: () => {} },
  ) {
    this.#tls = tls && new TlsFiles(tls, listener)
    this.authorization = createAuthorization(auth, {
      timeoutMs: connect + headers + body,
      tls: () => this.tls,
    })
  }

  /** Throws a TromostError `DESTINATION_UNTRUSTED` where its files cannot be used. */
  get tls(): TlsMaterial | undefined {
    return this.#tls?.material
  }

  /** Uses files that have changed. By itself it looks every few seconds. */
  look(): void {
    this.#tls?.look()
  }

  close(): void {
    this.#tls?.close()
  }
}
