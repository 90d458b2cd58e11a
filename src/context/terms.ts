/**
 * Which IRI a short name becomes under a JSON-LD context (JSON-LD 1.1, 4.1). The contexts that the Smart Data Models publish are
 * known from config/smart-data-models-terms.json, which is generated; no other is ever loaded.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** What a JSON-LD context says of a term: its IRI, or that and how its values are read. */
export type TermDefinition = string | Readonly<Record<string, string>>
export type Terms = ReadonlyMap<string, TermDefinition>

/** Where every NGSI-LD broker puts a name that no @context has (ETSI GS CIM 009, 4.4). */
export const DEFAULT_VOCABULARY = 'https://uri.etsi.org/ngsi-ld/default-context/'

const CONTEXT_SITE = 'https://smart-data-models.github.io/'
const CONTEXT_FILE = '/context.jsonld'

const ETSI = 'https://uri.etsi.org/ngsi-ld/'
/** Names of attributes that the core @context has itself; it goes before every other (4.4, 5.5.7). */
const CORE_TERMS: Terms = new Map([
  ...['location', 'observationSpace', 'operationSpace'].map(name => [name, ETSI + name] as const),
  ['value', `${ETSI}hasValue`],
  ...['title', 'description'].map(name => [name, `http://purl.org/dc/terms/${name}`] as const),
])

const definition = z.union([z.string(), z.record(z.string(), z.string())])
const fileSchema = z.object({
  contexts: z.record(
    z.string(),
    z.object({
      byBase: z.record(z.string(), z.array(z.string())),
      others: z.record(z.string(), definition),
    }),
  ),
})

let published: ReadonlyMap<string, Terms> | undefined

/** The address that the Smart Data Models publish the context of one of their repositories at, such as `dataModel.Weather`. */
export function getContextAddress(repository: string): string {
  return `${CONTEXT_SITE}${repository}${CONTEXT_FILE}`
}

/** The repository whose context is published at an address; undefined for contexts whose terms are not known here. */
export function findRepository(address: string): string | undefined {
  if (!address.startsWith(CONTEXT_SITE) || !address.endsWith(CONTEXT_FILE)) return undefined
  const name = address.slice(CONTEXT_SITE.length, -CONTEXT_FILE.length)
  return loadPublished().has(name) ? name : undefined
}

/** Every repository whose context is known. */
export function listRepositories(): readonly string[] {
  return [...loadPublished().keys()]
}

/** All terms that the context of a repository defines, as it is published. */
export function getPublishedTerms(repository: string): Terms {
  return loadPublished().get(repository) ?? new Map()
}

/**
 * The IRI that a type or an attribute has under the context at `address`. A term that the context does not have is put behind
 * `vocabulary`, and so is every term of a context that is not known (`findRepository` tells).
 */
export function expandTerm(
  address: string | undefined,
  term: string,
  vocabulary: string = DEFAULT_VOCABULARY,
): string {
  const repository = address === undefined ? undefined : findRepository(address)
  const known = CORE_TERMS.get(term) ?? (repository && getPublishedTerms(repository).get(term))
  if (known === undefined || known === '') return `${vocabulary}${term}`
  return typeof known === 'string' ? known : (known['@id'] ?? `${vocabulary}${term}`)
}

function loadPublished(): ReadonlyMap<string, Terms> {
  published ??= readPublished()
  return published
}

function readPublished(): ReadonlyMap<string, Terms> {
  const file = new URL('../../config/smart-data-models-terms.json', import.meta.url)
  const { contexts } = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  return new Map(
    Object.entries(contexts).map(([name, { byBase, others }]) => [
      name,
      new Map<string, TermDefinition>([
        ...Object.entries(byBase).flatMap(([base, terms]) => terms.map(term => [term, base + term] as const)),
        ...Object.entries(others),
      ]),
    ]),
  )
}
