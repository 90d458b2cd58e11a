/** Which addresses the configuration file names: those that its operator wants to be reached, wherever they are. */
import type { Config, DestinationConfig } from '../config/config.ts'
import type { EgressPlan } from './egress.ts'

export function toEgressPlan({ egress, destinations, bridges, alarms, http }: Config): EgressPlan {
  const named = [
    ...destinations.flatMap(listAddresses),
    ...bridges.map(({ url }) => url),
    ...alarms.webhooks.map(({ url }) => url),
    ...(http.oidc === undefined ? [] : [http.oidc.issuer]),
  ]
  return { ...egress, named }
}

/** Of one destination: its broker, and where it gets tokens. */
export function listAddresses({ url, auth }: Pick<DestinationConfig, 'url' | 'auth'>): readonly string[] {
  return [...(url === undefined ? [] : [url]), ...(auth.kind === 'oauth2' ? [auth.tokenUrl] : [])]
}
