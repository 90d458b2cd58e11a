/** Watches what runs out by its date: certificates in files, and secrets that carry theirs. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AlarmKind, Finding, Severity } from './alarm.ts'
import type { Alarms } from './alarms.ts'

/** Something that is worth nothing from a time on. */
export interface Expiry {
  readonly kind: Extract<AlarmKind, 'certificate-expires' | 'secret-expires'>
  /** Absent where it is of the whole agent. */
  readonly tenant?: string | undefined
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** A file of certificates (PEM), and whose it is. */
export interface CertificateFile {
  readonly file: string
  readonly tenant?: string | undefined
}

const KINDS: readonly AlarmKind[] = ['certificate-expires', 'secret-expires']
const DAY_MS = 24 * 3_600_000
/** The first that fits, by the days that are left. */
const STEPS: readonly (readonly [days: number, severity: Severity])[] = [
  [1, 'critical'],
  [7, 'warning'],
  [30, 'info'],
]
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** `list` gives all that there is, each time anew. */
export function lookForExpiries(alarms: Alarms, list: () => readonly Expiry[], now = Date.now()): void {
  alarms.settle(
    KINDS,
    list().flatMap(expiry => toFinding(expiry, now)),
    now,
  )
}

/** When the first certificate of each file expires. A file that cannot be read is left out: who needs it tells of it. */
export function readExpiries(files: readonly CertificateFile[]): readonly Expiry[] {
  return files.flatMap(({ file, tenant }) => {
    const expiresAt = readFirstExpiry(file)
    return expiresAt === undefined ? [] : [{ kind: 'certificate-expires', tenant, subject: file, expiresAt }]
  })
}

/** When a token in the form of RFC 7519 expires; undefined for any other. */
export function readTokenExpiry(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const isTimed = typeof claims === 'object' && claims !== null && 'exp' in claims
    return isTimed && typeof claims.exp === 'number' ? claims.exp * 1_000 : undefined
  } catch {
    return undefined
  }
}

function readFirstExpiry(file: string): number | undefined {
  try {
    const certificates = readFileSync(file, 'latin1').match(CERTIFICATE) ?? []
    const times = certificates.map(pem => Date.parse(new X509Certificate(pem).validTo))
    return times.length === 0 ? undefined : Math.min(...times)
  } catch {
    return undefined
  }
}

/** Nothing where there is time enough. */
export function toFinding({ kind, tenant, subject, expiresAt }: Expiry, now: number): readonly Finding[] {
  const days = (expiresAt - now) / DAY_MS
  const step = STEPS.find(([bound]) => days <= bound)
  if (step === undefined) return []
  const date = new Date(expiresAt).toISOString().slice(0, 10)
  const message = days <= 0 ? `expired on ${date}` : `expires on ${date}, in ${Math.ceil(days)} days`
  return [{ kind, tenant, subject, severity: step[1], message }]
}
