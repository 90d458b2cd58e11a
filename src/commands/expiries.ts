/** What of a configuration runs out by its date: certificates in files, and tokens that say so. */
import { type Expiry, readExpiries, readTokenExpiry } from '../alarms/expiry-watch.ts'
import type { Config, DestinationConfig } from '../config/config.ts'
import { listListenerExpiries } from './listener-expiries.ts'

export function listExpiries(
  { mqtt, bridges, alarms }: Config,
  destinations: readonly DestinationConfig[],
): readonly Expiry[] {
  const owners = [...destinations, ...alarms.webhooks, ...bridges]
  const files = owners.flatMap(owner => {
    const tenant = 'tenant' in owner ? owner.tenant : undefined
    return owner.tls?.certFile === undefined ? [] : [{ file: owner.tls.certFile, tenant }]
  })
  const tokens = destinations.flatMap(({ id, auth }): readonly Expiry[] => {
    const expiresAt = auth.kind === 'bearer' ? readTokenExpiry(auth.token) : undefined
    return expiresAt === undefined
      ? []
      : [{ kind: 'secret-expires', subject: `token of destination ${id}`, expiresAt }]
  })
  return [...readExpiries(files), ...listListenerExpiries(mqtt.listeners), ...tokens]
}
