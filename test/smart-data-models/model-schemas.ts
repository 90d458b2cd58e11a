/** The published JSON Schemas of the Smart Data Models. They are not ours to ship, and are used where they lie beside the product. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatFault } from '../../src/document.ts'
import {
  type FindFaults,
  getPublishedAddress,
  listModelFiles,
  loadModelSchemas,
  loadSharedSchemas,
  readSchema,
  type Schema,
} from '../../src/validation/model-schemas.ts'

const FOLDER = '../shared/data/smart-data-models'

export interface Model {
  readonly type: string
  readonly example: unknown
  /** Whether the schema gives the address at which it is published. */
  readonly hasOwnAddress: boolean
  /** What its schema says is wrong with an entity in simplified form; `/dateObserved must be string`. */
  readonly findFaults: (keyValues: unknown) => readonly string[]
  /** The attributes that the schema knows. No schema forbids others, so a misspelt one would pass. */
  readonly attributes: ReadonlySet<string>
}

export const areModelsThere = existsSync(FOLDER)

export function loadModels(): ReadonlyMap<string, Model> {
  const shared = loadSharedSchemas(FOLDER)
  const files = listModelFiles(FOLDER)
  const schemas = loadModelSchemas(FOLDER, new Set(files.map(({ type }) => type)))
  if (schemas.faults !== undefined) throw new Error(schemas.faults.map(formatFault).join('\n'))
  const models = files.map(({ type, file }) => {
    const schema = readSchema(file)
    return {
      type,
      example: readJson(join(dirname(file), 'example.json')),
      hasOwnAddress: Object(readJson(file)).$id === getPublishedAddress(FOLDER, file),
      attributes: new Set(listProperties(schema, schema, shared)),
      findFaults: (entity: unknown) => describeErrors(schemas.value.get(type)?.(entity) ?? []),
    }
  })
  return new Map(models.map(model => [model.type, model]))
}

function describeErrors(errors: ReturnType<FindFaults>): readonly string[] {
  return [...new Set(errors.map(({ instancePath, message }) => `${instancePath} ${message}`))]
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
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
