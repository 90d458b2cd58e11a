/** The @context of a request: which one an entity travels under, and how a request says it (ETSI GS CIM 009, 6.3.5). */
import type { DestinationConfig } from '../config/config.ts'
import { findRepository } from '../context/terms.ts'

/** Gives the context of an entity whose profile names `own`; undefined for the core context alone. */
export type ChooseContext = (own: string | undefined) => string | undefined

/** The destination has the last word: it knows what its consumers ask with, and what its broker can reach. */
export function createChooseContext(context: DestinationConfig['context']): ChooseContext {
  if (context === undefined) return own => own
  // What cannot be expanded keeps its context: without it, its names would become others.
  if (context === 'expanded') return own => (isExpandable(own) ? undefined : own)
  const only = context === 'none' ? undefined : context
  return () => only
}

/** Whether the terms of a context are known here, so that names can be sent at full length. */
export function isExpandable(context: string | undefined): boolean {
  return context !== undefined && findRepository(context) !== undefined
}

export function toLink(context: string): string {
  return `<${context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}
