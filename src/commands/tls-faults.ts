/** Certificates and keys of listeners, destinations and webhooks that cannot be used, as faults of the configuration. */
import type { Config } from '../config/config.ts'
import { isTls } from '../config/listener.ts'
import type { Fault } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import { readTlsMaterial } from '../ingest/listeners/tls-material.ts'
import { readTlsFiles } from '../uplink/tls-files.ts'
import { listListenerExpiries } from './listener-expiries.ts'

export function findTlsFaults({ mqtt, destinations, alarms }: Config, file: string): readonly Fault[] {
  const owners = { destinations, 'alarms.webhooks': alarms.webhooks }
  const ofListeners = mqtt.listeners.flatMap((listener, index) => {
    const problem = isTls(listener) ? findProblem(() => readTlsMaterial(listener)) : undefined
    return problem === undefined ? [] : [{ file, key: `mqtt.listeners.${index}`, problem }]
  })
  const ofOwners = Object.entries(owners).flatMap(([name, list]) =>
    list.flatMap(({ tls }, index) => {
      const problem = tls && findProblem(() => readTlsFiles(tls))
      return problem === undefined ? [] : [{ file, key: `${name}.${index}`, problem }]
    }),
  )
  return [...ofListeners, ...ofOwners]
}

/** What can be used, and will be taken by nobody: certificates and lists of listeners whose time is over. */
export function findTlsWarnings({ mqtt }: Config, now: number): readonly string[] {
  return listListenerExpiries(mqtt.listeners)
    .filter(({ expiresAt }) => expiresAt <= now)
    .map(
      ({ subject, expiresAt }) => `${subject}: expired on ${new Date(expiresAt).toISOString().slice(0, 10)}`,
    )
}

function findProblem(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof TromostError ? error.detail : getMessage(error)
  }
}
