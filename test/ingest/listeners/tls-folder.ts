/** Files of certificates for listeners in tests: the agent's own at `localhost`, an authority of devices, and its revocation list. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type ListenerConfig, listenerSchema } from '../../../src/config/listener.ts'
import { Authority, type IssueOptions, writeFiles } from '../../support/authority.ts'

export class TlsFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'tromost-listener-'))
  /** Of the agent. */
  readonly own = new Authority('own')
  /** Of the devices. */
  readonly devices = new Authority('devices')
  readonly clientCaFile = join(this.folder, 'ca.pem')
  readonly crlFile = join(this.folder, 'devices.crl')

  constructor() {
    this.renew()
    writeFileSync(this.clientCaFile, this.devices.cert)
    this.revoke()
  }

  /** Another certificate for the agent, under the same names. */
  renew(cn = 'agent'): { readonly certFile: string; readonly keyFile: string } {
    return writeFiles(this.folder, 'agent', this.own.issue({ cn, dns: ['localhost'] }))
  }

  /** Writes the list anew. */
  revoke(...issued: readonly Parameters<Authority['revoke']>[0][]): void {
    for (const one of issued) this.devices.revoke(one)
    writeFileSync(this.crlFile, this.devices.list())
  }

  listener(raw: object): ListenerConfig {
    const [certFile, keyFile] = ['agent.pem', 'agent.key'].map(name => join(this.folder, name))
    return listenerSchema.parse({ port: 0, certFile, keyFile, ...raw })
  }

  /** What a device shows, as the options of a connection. */
  client(options: IssueOptions, authority = this.devices) {
    const issued = authority.issue(options)
    return { ...issued, tls: { ...this.trust, cert: issued.cert, key: issued.key } }
  }

  get trust() {
    return { ca: this.own.cert, servername: 'localhost' }
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }
}

/** A connection whose handshake is done as far as the client can tell. Rejects where it is not. */
export async function shakeHands(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...options })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', () => resolve())
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return socket
}
