/** The terms of the Smart Data Models: which IRI each name becomes, from the JSON-LD contexts that are published. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const contextSchema = z.object({
  '@context': z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
})

type Definition = z.output<typeof contextSchema>['@context'][string]

/** `folder` holds the repositories of github.com/smart-data-models side by side: dataModel.Weather and others. */
export function readModelTerms(folder: string): ReadonlyMap<string, Readonly<Record<string, Definition>>> {
  const names = readdirSync(folder).filter(name => name.startsWith('dataModel.'))
  const found = names.map(name => ({ name, file: join(folder, name, 'context.jsonld') }))
  return new Map(
    found
      .filter(({ file }) => existsSync(file))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, file }) => [
        name,
        contextSchema.parse(JSON.parse(readFileSync(file, 'utf8')))['@context'],
      ]),
  )
}

/** As config/smart-data-models-terms.json holds them: terms by what stands before them in their IRI, and those that are unlike it. */
export function toModelTermsJson(contexts: ReturnType<typeof readModelTerms>): string {
  const lines = [...contexts].map(([name, terms]) => `    ${JSON.stringify(name)}: ${toGroups(terms)}`)
  const head = {
    source: 'Terms of the JSON-LD contexts of the Smart Data Models, https://smartdatamodels.org',
    licence: 'CC BY 4.0, https://creativecommons.org/licenses/by/4.0/; only terms and their IRIs were taken',
  }
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "contexts": {\n${lines.join(',\n')}\n  }\n}\n`
}

function toGroups(terms: Readonly<Record<string, Definition>>): string {
  const byBase: Record<string, string[]> = {}
  const others: Record<string, Definition> = {}
  for (const [term, definition] of Object.entries(terms)) {
    if (typeof definition !== 'string' || !definition.endsWith(term) || term === 'id' || term === 'type') {
      others[term] = definition
      continue
    }
    const base = definition.slice(0, -term.length)
    byBase[base] = [...(byBase[base] ?? []), term]
  }
  return JSON.stringify({ byBase, others })
}
