/** A destination as the configuration gives it, with time-outs that a test can wait for. */
import { configSchema, type DestinationConfig } from '../../src/config/config.ts'

export function createDestination(settings: object): DestinationConfig {
  const timeouts = { connect: '500ms', headers: '300ms', body: '300ms' }
  const raw = { id: 'main', dialect: 'ngsi-ld', timeouts, ...settings }
  const [destination] = configSchema.parse({ destinations: [raw] }).destinations
  if (destination === undefined) throw new Error('expected a destination')
  return destination
}
