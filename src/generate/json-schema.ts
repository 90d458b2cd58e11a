/** The JSON Schema of a document that people write, for their editors: draft 7, which all of them understand. */
import { z } from 'zod'

type Json = Readonly<Record<string, unknown>>

export interface SchemaOptions {
  readonly title: string
  readonly description: string
  /** Whether a value may be a reference to the environment or to a file instead. */
  readonly hasReferences: boolean
}

/** As `resolveReferences` understands it (src/config/load.ts). */
const REFERENCE_PATTERN = '^\\$\\{(env|file):[^}]+\\}$'
/** What a text has to look like, and a reference in its place does not. */
const FORMS = ['enum', 'pattern', 'format', 'minLength', 'maxLength']

export function toJsonSchema(schema: z.ZodType, { title, description, hasReferences }: SchemaOptions): Json {
  const { $schema, ...generated } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // A record takes any key that its propertyNames do not forbid; that keys are text goes without saying.
      const { propertyNames } = jsonSchema
      if (propertyNames !== undefined && Object.keys(propertyNames).join() === 'type') {
        delete jsonSchema.propertyNames
      }
    },
  })
  const taken = hasReferences ? (takeReferences(generated) as Json) : generated
  return { $schema, title, description, ...taken }
}

function takeReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(takeReferences)
  if (typeof value !== 'object' || value === null) return value
  const node = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'propertyNames' ? item : takeReferences(item)]),
  )
  if (node['type'] !== 'string' || !FORMS.some(form => Object.hasOwn(node, form))) return node
  const { description, default: byDefault, ...form } = node
  return {
    ...(description !== undefined && { description }),
    ...(byDefault !== undefined && { default: byDefault }),
    anyOf: [form, { type: 'string', pattern: REFERENCE_PATTERN }],
  }
}
