/** When the files of listeners with TLS run out. */
import { readFileSync } from 'node:fs'
import { type Expiry, readExpiries } from '../alarms/expiry-watch.ts'
import { isTls, type ListenerConfig } from '../config/listener.ts'
import { readRevocationLists } from '../tls/certificate.ts'

/**
 * A revocation list is good for days only, so its end is told when it has come: from then on every client certificate of its authority
 * is refused.
 */
export function listListenerExpiries(
  listeners: readonly ListenerConfig[],
  now = Date.now(),
): readonly Expiry[] {
  const secure = listeners.filter(isTls)
  const files = secure.flatMap(({ certFile, clientCaFile }) => [certFile, clientCaFile])
  const known = new Set(files.filter(file => file !== undefined))
  const lists = new Set(secure.flatMap(({ crlFile }) => crlFile ?? []))
  return [
    ...readExpiries([...known].map(file => ({ file }))),
    ...[...lists].flatMap(file => readEnded(file, now)),
  ]
}

function readEnded(file: string, now: number): readonly Expiry[] {
  try {
    const ends = readRevocationLists(readFileSync(file, 'utf8')).flatMap(({ nextUpdate }) => nextUpdate ?? [])
    const expiresAt = Math.min(...ends)
    return expiresAt <= now ? [{ kind: 'certificate-expires', subject: file, expiresAt }] : []
  } catch {
    // Whoever needs it tells of it.
    return []
  }
}
