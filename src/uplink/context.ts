/** The @context of a request: which one an entity travels under, and how a request says it (ETSI GS CIM 009, 6.3.5). */
import type { DestinationConfig } from '../config/config.ts'
import { toHostedAddress } from '../context/hosted-address.ts'
import { findRepository } from '../context/terms.ts'
import { remember } from '../remember.ts'

/** Gives the context of an entity whose profile names `own`; undefined for the core context alone. */
export type ChooseContext = (own: string | undefined) => string | undefined

/** Profiles name a handful; changed ones may name others. */
const CONTEXTS_MAX = 256

/**
 * The destination has the last word: it knows what its consumers ask with, and what its broker can reach. `publicUrl` is where
 * the broker reaches this agent.
 */
export function createChooseContext(context: DestinationConfig['context'], publicUrl = ''): ChooseContext {
  if (context === undefined) return own => own
  // What cannot be expanded keeps its context: without it, its names would become others.
  if (context === 'expanded') return own => (isExpandable(own) ? undefined : own)
  if (context === 'hosted') {
    const known = new Map<string | undefined, string>()
    return own => known.get(own) ?? remember(known, own, toHostedAddress(publicUrl, own), CONTEXTS_MAX)
  }
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
