/** What kind of failure an error of a connection is, by the code that Node, OpenSSL or undici gave it. */

/** As Node and OpenSSL call what is wrong with a certificate or a handshake. */
const UNTRUSTED =
  /^(?:CERT_|CRL_|ERR_TLS_|ERR_SSL_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|UNABLE_TO_|ERROR_IN_CERT_)|SELF_SIGNED/
/** The other side has closed a connection, or it broke. */
const BROKEN = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/

/** There is no trust between the two sides. */
export function isUntrusted(error: unknown): boolean {
  return UNTRUSTED.test(getCode(error))
}

/** The guard of what goes out did not let a connection there. */
export function isClosed(error: unknown): boolean {
  return getCode(error) === 'ADDRESS_CLOSED'
}

export function isBroken(error: unknown): boolean {
  return BROKEN.test(getCode(error))
}

/** The code of what was thrown, or of its cause; empty where there is none. */
export function getCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'cause' in error ? getCode(error.cause) : ''
}
