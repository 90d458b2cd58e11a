/** What the lanes of one destination share: its token, and the certificates and keys of the way to it. */
import type { DestinationConfig } from '../config/config.ts'
import { type Egress, openTo } from '../egress/egress.ts'
import { listAddresses } from '../egress/named-addresses.ts'
import { type Authorization, createAuthorization } from './auth/authorization.ts'
import { TlsFiles, type TlsListener, type TlsMaterial } from './tls-files.ts'

const DEAF: TlsListener = { onChange: () => {}, onFault: () => {} }

export class Access {
  readonly egress: Egress
  readonly authorization: Authorization
  readonly #tls: TlsFiles | undefined

  constructor(
    { url, auth, tls, timeouts: { connect, headers, body } }: DestinationConfig,
    egress: Egress = openTo(...listAddresses({ url, auth })),
    listener: TlsListener = DEAF,
  ) {
    this.egress = egress
    this.#tls = tls && new TlsFiles(tls, listener)
    this.authorization = createAuthorization(auth, {
      timeoutMs: connect + headers + body,
      tls: () => this.tls,
      egress,
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
