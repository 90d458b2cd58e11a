/** Certificates and keys for the way to a destination, from files that are read again when they change. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from '../config/auth.ts'
import { getMessage, TromostError } from '../errors.ts'

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

const LOOK_MS = 5_000

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
    if (material.ca !== undefined) checkCertificates(material.ca.toString())
    return material
  } catch (error) {
    const files = listFiles(config).join(', ')
    const detail = `tls: expected certificates and their key in ${files}, got: ${getMessage(error)}`
    throw new TromostError('DESTINATION_UNTRUSTED', detail)
  }
}

export class TlsFiles {
  readonly #config: TlsConfig
  readonly #listener: TlsListener
  readonly #timer: NodeJS.Timeout
  #signature: string
  #material: TlsMaterial | undefined

  constructor(config: TlsConfig, listener: TlsListener) {
    this.#config = config
    this.#listener = listener
    this.#signature = getSignature(config)
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** What is in use. Throws as `readTlsFiles` does while nothing sound was there yet. */
  get material(): TlsMaterial {
    this.#material ??= readTlsFiles(this.#config)
    return this.#material
  }

  /** Reads the files again if they have changed since the last look. */
  look(): void {
    const signature = getSignature(this.#config)
    if (signature === this.#signature) return
    this.#signature = signature
    try {
      this.#material = readTlsFiles(this.#config)
    } catch (error) {
      this.#listener.onFault(getMessage(error))
      return
    }
    this.#listener.onChange()
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

function read(name: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const detail = `tls.${name}: expected a file that can be read, got: ${getMessage(error)}`
    throw new TromostError('DESTINATION_UNTRUSTED', detail)
  }
}

function checkCertificates(pem: string): void {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (certificates === null) throw new Error('no certificate')
  for (const certificate of certificates) new X509Certificate(certificate)
}

function listFiles({ caFile, certFile, keyFile }: TlsConfig): readonly string[] {
  return [caFile, certFile, keyFile].filter(file => file !== undefined)
}

/** Another one when a file was written, replaced, or removed. */
function getSignature(config: TlsConfig): string {
  return listFiles(config)
    .map(file => {
      const stats = statSync(file, { throwIfNoEntry: false })
      return stats === undefined ? 'none' : `${stats.ino}-${stats.size}-${stats.mtimeMs}`
    })
    .join()
}
