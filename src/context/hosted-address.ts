/** Where the agent hosts the @context that stands for one of the Smart Data Models, so that a broker needs no other site. */
import { findRepository } from './terms.ts'

/** All names in one, for people and for whoever asks the broker. */
export const HOSTED_PATH = '/context.jsonld'
/** One for each published context. */
const MODEL_PATH = '/contexts/'
/** Of the entities whose profile names no context. */
const OWN = 'own'

export function getModelPath(repository: string | undefined): string {
  return `${MODEL_PATH}${repository ?? OWN}.jsonld`
}

/**
 * What takes the place of the context that a profile names: the same names, at the agent itself. A context whose terms are not
 * known cannot be hosted, and stays.
 */
export function toHostedAddress(publicUrl: string, own: string | undefined): string {
  const repository = own === undefined ? undefined : findRepository(own)
  if (own !== undefined && repository === undefined) return own
  return `${publicUrl.replace(/\/+$/, '')}${getModelPath(repository)}`
}
