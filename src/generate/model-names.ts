/** The names of the Smart Data Models: types, and the attributes of each, from the schemas that are published. */
import { basename, dirname } from 'node:path'
import { listModelFiles, loadSharedSchemas, readSchema, type Schema } from '../validation/model-schemas.ts'

export interface NamedModel {
  readonly type: string
  /** The repository that it is published in, such as `dataModel.Weather`. */
  readonly repository: string
  /** Its schema. */
  readonly file: string
  readonly attributes: readonly string[]
}

/** `folder` holds the repositories of github.com/smart-data-models side by side: data-models, dataModel.Weather and others. */
export function readModelNames(folder: string): readonly NamedModel[] {
  const shared = loadSharedSchemas(folder)
  return listModelFiles(folder).map(({ type, file }) => {
    const schema = readSchema(file)
    const repository = basename(dirname(dirname(file)))
    const attributes = [...new Set(listProperties(schema, schema, shared))].sort()
    return { type, repository, file, attributes }
  })
}

/** As config/smart-data-models.json holds them: a line for each type. */
export function toModelNamesJson(models: readonly NamedModel[]): string {
  const lines = models.map(({ type, repository, attributes }) => {
    const names = attributes.filter(name => name !== 'id' && name !== 'type')
    return `    ${JSON.stringify(type)}: ${JSON.stringify({ repository, attributes: names })}`
  })
  const head = {
    source: 'Names of types and attributes of the Smart Data Models, https://smartdatamodels.org',
    licence: 'CC BY 4.0, https://creativecommons.org/licenses/by/4.0/; only the names were taken',
  }
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "types": {\n${lines.join(',\n')}\n  }\n}\n`
}

/** The properties of a schema and of all that it includes. */
function listProperties(
  schema: unknown,
  root: Schema,
  shared: ReadonlyMap<string, Schema>,
): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties, $ref, allOf = [], anyOf = [], oneOf = [] } = schema as Schema
  const parts = [allOf, anyOf, oneOf].flatMap(list => (Array.isArray(list) ? list : []))
  const included = parts.flatMap(part => listProperties(part, root, shared))
  const own = typeof properties === 'object' && properties !== null ? Object.keys(properties) : []
  if (typeof $ref !== 'string') return [...own, ...included]
  const [address = '', pointer = ''] = $ref.split('#')
  const target = address === '' ? root : (shared.get(address) ?? {})
  const found = pointer.split('/').slice(1).reduce<unknown>(readOwn, target)
  return [...own, ...included, ...listProperties(found, target, shared)]
}

function readOwn(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Schema)[key]
    : undefined
}
