/** Certificates and keys for the way to a destination, from files that are read again when they change. */
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from '../config/auth.ts'
import { getMessage, TromostError } from '../errors.ts'
import { readCertificates } from '../tls/pem.ts'
import { readNamed, WatchedFiles } from '../tls/watched-files.ts'

/** A new object whenever the files have changed. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly passphrase?: string
  readonly rejectUnauthorized: boolean
}

export interface TlsListener {
  /** The files have changed and are sound. */
  onChange(): void
  /** They have changed and are not; what was read before stays in use. Told once for each change. */
  onFault(problem: string): void
}

/** All files, or a TromostError `DESTINATION_UNTRUSTED` that names what is wrong with them. */
export function readTlsFiles(config: TlsConfig): TlsMaterial {
  const { keyPassword, rejectUnauthorized } = config
  const material = {
    ...(config.caFile !== undefined && { ca: read('caFile', config.caFile) }),
    ...(config.certFile !== undefined && { cert: read('certFile', config.certFile) }),
    ...(config.keyFile !== undefined && { key: read('keyFile', config.keyFile) }),
    ...(keyPassword !== undefined && { passphrase: keyPassword }),
    rejectUnauthorized,
  }
  try {
    // Finds a key that is another certificate's, and a password that is wrong.
    createSecureContext(material)
    // What is none among those who vouch would be passed over without a word.
    if (material.ca !== undefined) readCertificates(material.ca.toString())
    return material
  } catch (error) {
    const files = listFiles(config).join(', ')
    const detail = `tls: expected certificates and their key in ${files}, got: ${getMessage(error)}`
    throw new TromostError('DESTINATION_UNTRUSTED', detail)
  }
}

export class TlsFiles {
  readonly #files: WatchedFiles<TlsMaterial>

  constructor(config: TlsConfig, listener: TlsListener) {
    this.#files = new WatchedFiles({
      files: listFiles(config),
      read: () => readTlsFiles(config),
      onChange: () => listener.onChange(),
      onFault: problem => listener.onFault(problem),
    })
  }

  /** What is in use. Throws as `readTlsFiles` does while nothing sound was there yet. */
  get material(): TlsMaterial {
    return this.#files.value
  }

  /** Reads the files again if they have changed since the last look. */
  look(): void {
    this.#files.look()
  }

  close(): void {
    this.#files.close()
  }
}

function read(name: string, file: string): Buffer {
  try {
    return readNamed(`tls.${name}`, file)
  } catch (error) {
    throw new TromostError('DESTINATION_UNTRUSTED', getMessage(error))
  }
}

function listFiles({ caFile, certFile, keyFile }: TlsConfig): readonly string[] {
  return [caFile, certFile, keyFile].filter(file => file !== undefined)
}
