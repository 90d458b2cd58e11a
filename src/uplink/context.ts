/** The @context of a request: which one an entity travels under, and how a request says it (ETSI GS CIM 009, 6.3.5). */
import type { DestinationConfig } from '../config/config.ts'

/** Gives the context of an entity whose profile names `own`; undefined for the core context alone. */
export type ChooseContext = (own: string | undefined) => string | undefined

/** The destination has the last word: it knows what its consumers ask with, and what its broker can reach. */
export function createChooseContext(context: DestinationConfig['context']): ChooseContext {
  if (context === undefined) return own => own
  const only = context === 'none' ? undefined : context
  return () => only
}

export function toLink(context: string): string {
  return `<${context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}
