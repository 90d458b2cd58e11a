/** The @context documents that the agent hosts (JSON-LD 1.1), made of the profiles in use and of the terms of the Smart Data Models. */
import { createHash } from 'node:crypto'
import type { Profile } from '../profiles/profile.ts'
import { getModelPath, HOSTED_PATH } from './hosted-address.ts'
import {
  expandTerm,
  findRepository,
  getContextAddress,
  getPublishedTerms,
  listRepositories,
  type TermDefinition,
} from './terms.ts'
import { listUsedNames, type UsedNames } from './used-names.ts'

export interface HostedDocument {
  readonly body: string
  /** A quoted tag that changes with the body (RFC 9110, 8.8.3). */
  readonly etag: string
}

/** A definition, and for a type what its attributes mean in its entities alone (JSON-LD 1.1, 4.1.8). */
type Definition = TermDefinition | { readonly '@id': string; readonly '@context': Record<string, string> }

const ALIASES = { id: '@id', type: '@type' } as const

/** What is hosted now. Made when somebody asks for the first time, as few agents are ever asked. */
export class HostedContexts {
  readonly #vocabulary: string
  readonly #ownProfiles: readonly Profile[]
  #profiles: readonly Profile[] = []
  #documents: ReadonlyMap<string, HostedDocument> | undefined

  /** Names that no published context has are put behind `vocabulary`. `ownProfiles` are in use beside those that are active. */
  constructor(vocabulary: string, ownProfiles: readonly Profile[] = []) {
    this.#vocabulary = vocabulary
    this.#ownProfiles = ownProfiles
  }

  /** The profiles that are active from now on. */
  use(profiles: readonly Profile[]): void {
    this.#profiles = profiles
    this.#documents = undefined
  }

  get(path: string): HostedDocument | undefined {
    this.#documents ??= createHostedContexts([...this.#profiles, ...this.#ownProfiles], this.#vocabulary)
    return this.#documents.get(path)
  }
}

/** By path. */
function createHostedContexts(
  profiles: Iterable<Profile>,
  vocabulary: string,
): ReadonlyMap<string, HostedDocument> {
  const used = listUsedNames(profiles)
  const all = toDocument(mergeAll(used, vocabulary))
  const models = [undefined, ...listRepositories()].map(repository => {
    const terms = createModelContext(repository, used, vocabulary)
    return [getModelPath(repository), toDocument(terms)] as const
  })
  return new Map([[HOSTED_PATH, all], ...models])
}

/** What is published for a model, and the names beyond it that profiles use under its context. */
function createModelContext(
  repository: string | undefined,
  used: readonly UsedNames[],
  vocabulary: string,
): ReadonlyMap<string, Definition> {
  const address = repository === undefined ? undefined : getContextAddress(repository)
  const terms = new Map<string, Definition>(repository === undefined ? [] : getPublishedTerms(repository))
  for (const { type, attributes } of used.filter(({ context }) => context === address)) {
    for (const name of [type, ...attributes].filter(term => !terms.has(term)))
      terms.set(name, expandTerm(address, name, vocabulary))
  }
  return terms
}

/** All names in one context. Where models disagree about an attribute, it has the IRI of most types, and the others say so themselves. */
function mergeAll(everything: readonly UsedNames[], vocabulary: string): ReadonlyMap<string, Definition> {
  const used = everything.filter(
    ({ context }) => context === undefined || findRepository(context) !== undefined,
  )
  const votes = new Votes()
  for (const { type, context, attributes } of used) {
    for (const name of [type, ...attributes]) votes.add(name, expandTerm(context, name, vocabulary))
  }
  const terms = new Map<string, Definition>(votes.listWinners())
  for (const { type, context, attributes } of used) {
    const others = attributes.filter(name => expandTerm(context, name, vocabulary) !== terms.get(name))
    if (others.length === 0) continue
    const own = others.map(name => [name, expandTerm(context, name, vocabulary)] as const)
    const present = terms.get(type)
    const known = typeof present === 'object' ? (present['@context'] as Record<string, string>) : {}
    const id = expandTerm(context, type, vocabulary)
    terms.set(type, { '@id': id, '@context': { ...Object.fromEntries(own), ...known } })
  }
  for (const [name, definition] of listPublished(used)) {
    if (!terms.has(name)) terms.set(name, definition)
  }
  return terms
}

/** The terms of all models in use: those that no profile makes stand within values, such as the parts of an address. */
function listPublished(used: readonly UsedNames[]): readonly (readonly [string, TermDefinition])[] {
  const repositories = new Set(used.flatMap(({ context }) => (context && findRepository(context)) || []))
  return [...repositories].sort().flatMap(repository => [...getPublishedTerms(repository)])
}

/** Which IRI most types give a name; with equal numbers the one that is first by letters, so that it does not change by chance. */
class Votes {
  readonly #votes = new Map<string, Map<string, number>>()

  add(name: string, iri: string): void {
    const ofName = this.#votes.get(name) ?? new Map<string, number>()
    ofName.set(iri, (ofName.get(iri) ?? 0) + 1)
    this.#votes.set(name, ofName)
  }

  listWinners(): readonly (readonly [string, string])[] {
    return [...this.#votes].map(([name, votes]) => {
      const [[winner] = ['']] = [...votes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      return [name, winner]
    })
  }
}

function toDocument(terms: ReadonlyMap<string, Definition>): HostedDocument {
  const sorted = [...terms].sort(([a], [b]) => (a < b ? -1 : 1))
  const context = { ...Object.fromEntries(sorted), ...ALIASES }
  const body = `${JSON.stringify({ '@context': context }, null, 1)}\n`
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}
