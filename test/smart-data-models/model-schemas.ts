/** The published JSON Schemas of the Smart Data Models. They are not ours to ship, and are used where they lie beside the product. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

const FOLDER = '../shared/data/smart-data-models'
const SITE = 'https://smart-data-models.github.io'
/** The same shared schemas under the addresses that some models use instead. */
const MIRRORS = ['master', 'main'].map(branch => ({
  prefix: 'https://raw.githubusercontent.com/smart-data-models',
  branch,
}))

type Schema = Readonly<Record<string, unknown>>

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
  const shared = loadSharedSchemas()
  // One of the shared schemas is not valid itself.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true, logger: false })
  addFormats.default(ajv)
  for (const [address, schema] of shared) ajv.addSchema(schema, address)
  const models = listTypeFolders().map(({ type, folder }) => {
    const file = join(folder, 'schema.json')
    const schema = readSchema(file)
    const hasOwnAddress = readAddress(file) === `${SITE}/${relative(FOLDER, folder)}/schema.json`
    const validate = ajv.compile(schema)
    const attributes = new Set(listProperties(schema, schema, shared))
    const example: unknown = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8'))
    return {
      type,
      example,
      hasOwnAddress,
      attributes,
      findFaults: (entity: unknown) => getFaults(validate, entity),
    }
  })
  return new Map(models.map(model => [model.type, model]))
}

function getFaults(validate: ValidateFunction, entity: unknown): readonly string[] {
  if (validate(entity)) return []
  const faults = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  return [...new Set(faults)]
}

function loadSharedSchemas(): ReadonlyMap<string, Schema> {
  const schemas = new Map<string, Schema>([['http://json-schema.org/geojson/geometry.json', {}]])
  for (const folder of readdirSync(FOLDER)) {
    const names = folder.includes('.tsv') ? [] : readdirSync(join(FOLDER, folder))
    for (const name of names.filter(file => /schema.*\.json$/.test(file))) {
      const schema = readSchema(join(FOLDER, folder, name))
      const addresses = [`${SITE}/${folder}/${name}`, `${SITE}/${folder}/${name}/`]
      const mirrored = MIRRORS.map(({ prefix, branch }) => `${prefix}/${folder}/${branch}/${name}`)
      for (const address of [...addresses, ...mirrored]) schemas.set(address, schema)
    }
  }
  return schemas
}

function listTypeFolders(): readonly { readonly type: string; readonly folder: string }[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter(path => /[\\/]schema\.json$/.test(path))
    .sort()
    .map(path => {
      const folder = join(FOLDER, path, '..')
      return { type: folder.split(/[\\/]/).at(-1) ?? '', folder }
    })
}

/** Without its own address: a third of the schemas give one that belongs to another model or to none. */
function readSchema(path: string): Schema {
  const { $id: _, ...schema } = JSON.parse(readFileSync(path, 'utf8'))
  return schema
}

function readAddress(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')).$id
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
