/** The handshakes of a listener with TLS: who comes through, and whose certificate is good no more. */
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { getClientCertificate, getLogins, type TlsListenerConfig } from '../../config/listener.ts'
import { type ErrorCode, getMessage } from '../../errors.ts'
import { WatchedFiles } from '../../tls/watched-files.ts'
import { type ClientCertificate, findFault, readClientCertificate } from './client-certificate.ts'
import type { RefuseAt } from './refuse.ts'
import { listTlsFiles, readTlsMaterial, type TlsMaterial } from './tls-material.ts'
import { Turns } from './turns.ts'

/** A connection that was taken. */
export interface Arrived {
  readonly socket: Socket
  /** Of the client, also behind a load balancer. */
  readonly address: string
}

/** Whom a handshake has proven somebody to be. */
export interface Proven {
  readonly certificateNames?: ClientCertificate['names']
  readonly pskIdentity?: string
}

export interface TlsDoorOptions {
  readonly config: TlsListenerConfig
  /** The key of an identity. */
  readonly getPsk: (identity: string) => Buffer | undefined
  readonly onSecure: (secure: TLSSocket, arrived: Arrived, proven: Proven) => void
  readonly onRefused: RefuseAt
}

const HANDSHAKE = 0x16
const LOOK_MS = 60_000

export class TlsDoor {
  readonly #options: TlsDoorOptions
  readonly #files: WatchedFiles<TlsMaterial>
  readonly #server: Server
  readonly #turns = new Turns()
  readonly #certificates = new Map<TLSSocket, ClientCertificate>()
  /** By their own end, which is that of the secure socket as well. */
  readonly #arrived = new Map<string, Arrived>()
  readonly #identities = new WeakMap<TLSSocket, string>()
  readonly #timer: NodeJS.Timeout

  /** Throws LISTENER_UNTRUSTED. */
  constructor(options: TlsDoorOptions) {
    this.#options = options
    const { config, onRefused } = options
    this.#files = new WatchedFiles({
      files: listTlsFiles(config),
      read: () => readTlsMaterial(config),
      onChange: ({ context }) => {
        this.#server.setSecureContext(context)
        this.endUntrusted()
      },
      onFault: problem =>
        onRefused('LISTENER_UNTRUSTED', problem.replace(/^LISTENER_UNTRUSTED: /, ''), undefined),
    })
    try {
      this.#server = this.#createServer()
    } catch (error) {
      this.#files.close()
      throw error
    }
    this.#timer = setInterval(() => this.endUntrusted(), LOOK_MS).unref()
  }

  /** Takes a connection that has not said anything yet. Whoever sends nothing costs no more than a socket. */
  accept(arrived: Arrived): void {
    const { socket } = arrived
    const key = toKey(socket)
    this.#arrived.set(key, arrived)
    socket.once('close', () => this.#arrived.delete(key))
    const read = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      socket.off('readable', read)
      socket.unshift(chunk)
      const [first = 0] = chunk
      if (first === HANDSHAKE) this.#turns.take(() => this.#server.emit('connection', socket))
      else {
        const got = `0x${first.toString(16).padStart(2, '0')}${first === 0x10 ? ', which is MQTT without TLS' : ''}`
        this.#refuse(socket, 'HANDSHAKE_FAILED', `expected TLS, got bytes that begin with ${got}`)
      }
    }
    socket.on('readable', read)
  }

  /** Reads the files again if they have changed. By itself it looks every few seconds. */
  look(): void {
    this.#files.look()
  }

  /** Ends connections whose certificate has expired or was revoked. */
  endUntrusted(): void {
    for (const [secure, certificate] of this.#certificates) {
      const fault = findFault(certificate, this.#files.value, Date.now())
      if (fault !== undefined) this.#refuse(secure, 'CERTIFICATE_REFUSED', fault)
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#files.close()
  }

  #createServer(): Server {
    const { config, getPsk } = this.#options
    const server = createServer({
      ...this.#files.value.context,
      requestCert: getClientCertificate(config) !== 'none',
      // Refused by us, with the reason in the log.
      rejectUnauthorized: false,
      ...(getLogins(config).includes('psk') && {
        pskCallback: (secure: TLSSocket, identity: string) => {
          this.#identities.set(secure, identity)
          return getPsk(identity) ?? null
        },
      }),
    })
    server.on('secureConnection', secure => this.#enter(secure))
    server.on('tlsClientError', (error, secure) => {
      const { reason, code } = error as Error & { readonly reason?: string; readonly code?: string }
      // Gone by itself, or given up by us.
      if (code === 'ECONNRESET') secure.destroy()
      else this.#refuse(secure, 'HANDSHAKE_FAILED', reason ?? code ?? getMessage(error))
    })
    return server
  }

  #enter(secure: TLSSocket): void {
    secure.on('error', () => {})
    const arrived = this.#arrived.get(toKey(secure))
    const fault = this.#findFault(secure)
    if (arrived === undefined || fault !== undefined) {
      this.#refuse(secure, 'CERTIFICATE_REFUSED', fault ?? 'it is gone')
      return
    }
    const certificate = this.#certificates.get(secure)
    const pskIdentity = isPsk(secure) ? this.#identities.get(secure) : undefined
    this.#options.onSecure(secure, arrived, {
      ...(certificate !== undefined && { certificateNames: certificate.names }),
      ...(pskIdentity !== undefined && { pskIdentity }),
    })
  }

  /** Notes a certificate that is good. */
  #findFault(secure: TLSSocket): string | undefined {
    const wanted = getClientCertificate(this.#options.config)
    if (wanted === 'none') return undefined
    const peer = secure.getPeerCertificate(true)
    if (peer?.raw === undefined)
      return wanted === 'required' ? 'expected a client certificate, got none' : undefined
    if (!secure.authorized)
      return `expected a client certificate that is good, got ${secure.authorizationError}`
    try {
      const certificate = readClientCertificate(peer)
      // The files may have changed while hands were shaken.
      const fault = findFault(certificate, this.#files.value, Date.now())
      if (fault !== undefined) return fault
      this.#certificates.set(secure, certificate)
      secure.once('close', () => this.#certificates.delete(secure))
      return undefined
    } catch (error) {
      return `expected a client certificate that can be read, got: ${getMessage(error)}`
    }
  }

  #refuse(socket: Socket, code: ErrorCode, problem: string): void {
    this.#options.onRefused(code, problem, this.#arrived.get(toKey(socket))?.address)
    socket.destroy()
  }
}

function toKey({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/**
 * Whether the handshake was made with the shared key. In TLS 1.3 a client may offer one and have the handshake made with our
 * certificate instead, without having proven anything; since no session is resumed here, one that looks resumed was made with the key.
 */
function isPsk(secure: TLSSocket): boolean {
  if (secure.getProtocol() === 'TLSv1.3') return secure.isSessionReused()
  return /\bPSK\b/.test(secure.getCipher().name)
}
