/** The names that the Smart Data Models have: types, and the attributes of each. From config/smart-data-models.json, which is generated. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const CONTEXT_SITE = 'https://smart-data-models.github.io/'

const namesSchema = z.object({
  types: z.record(z.string(), z.object({ repository: z.string(), attributes: z.array(z.string()) })),
})

export interface ModelName {
  /** Address of the JSON-LD context that its terms belong to. */
  readonly context: string
  readonly attributes: ReadonlySet<string>
}

export type ModelNames = ReadonlyMap<string, ModelName>

export function loadModelNames(): ModelNames {
  const text = readFileSync(new URL('../../config/smart-data-models.json', import.meta.url), 'utf8')
  const { types } = namesSchema.parse(JSON.parse(text))
  return new Map(
    Object.entries(types).map(([type, { repository, attributes }]) => [
      type,
      { context: `${CONTEXT_SITE}${repository}/context.jsonld`, attributes: new Set(attributes) },
    ]),
  )
}

/** Other contexts are an administrator's own, and may well have all terms that he needs. */
export function isModelContext(address: string): boolean {
  return address.startsWith(CONTEXT_SITE)
}
