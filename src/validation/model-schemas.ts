/** JSON Schemas of data models from a folder, laid out as the Smart Data Models publish them: `<subject>/<type>/schema.json`. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type addFormats from 'ajv-formats'
import type { Checked, Fault } from '../document.ts'
import { getMessage } from '../errors.ts'
import { loadPackage } from '../load-package.ts'
import type { Profile } from '../profiles/profile.ts'
import { linearPatterns } from './linear-pattern.ts'

const SITE = 'https://smart-data-models.github.io'
/** The same shared schemas under the addresses that some models use instead. */
const MIRRORS = ['master', 'main'].map(branch => ({
  prefix: 'https://raw.githubusercontent.com/smart-data-models',
  branch,
}))
/** Models refer to it for any geometry; ours are checked where they are made. */
const GEOMETRY = 'http://json-schema.org/geojson/geometry.json'

export type Schema = Readonly<Record<string, unknown>>

/** What a schema says is wrong with an entity in simplified form. */
export type FindFaults = (keyValues: unknown) => readonly ErrorObject[]

/** The schema of each type in the folder that is asked for; a type without one is not in the result. */
export function loadModelSchemas(
  folder: string,
  types: ReadonlySet<string>,
): Checked<ReadonlyMap<string, FindFaults>> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    return { faults: [{ file: folder, key: '', problem: 'expected a folder of JSON Schemas, got none' }] }
  }
  const found = new Map<string, FindFaults>()
  const faults: Fault[] = []
  const ajv = createAjv(folder)
  for (const { type, file } of listModelFiles(folder).filter(model => types.has(model.type))) {
    try {
      const validate = ajv.compile(readSchema(file))
      found.set(type, keyValues => getErrors(validate, keyValues))
    } catch (error) {
      faults.push({
        file,
        key: '',
        problem: `expected a JSON Schema and all that it names, got ${getMessage(error)}`,
      })
    }
  }
  return faults.length === 0 ? { value: found } : { faults }
}

/** The types of all entities that these profiles make. */
export function getEntityTypes(profiles: Iterable<Profile>): ReadonlySet<string> {
  const types = [...profiles].flatMap(({ entities }) =>
    entities.flatMap(({ type }) => (typeof type === 'string' ? [type] : Object.values(type))),
  )
  return new Set(types)
}

/** Types and their schemas, in the order of their paths. */
export function listModelFiles(folder: string): readonly { readonly type: string; readonly file: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => /[\\/]schema\.json$/.test(path))
    .sort()
    .map(path => ({ type: path.split(/[\\/]/).at(-2) ?? '', file: join(folder, path) }))
}

/** Schemas that models share, by each address under which a model may name them. */
export function loadSharedSchemas(folder: string): ReadonlyMap<string, Schema> {
  const schemas = new Map<string, Schema>([[GEOMETRY, {}]])
  for (const subject of readdirSync(folder).filter(name => statSync(join(folder, name)).isDirectory())) {
    const names = readdirSync(join(folder, subject))
    for (const name of names.filter(file => /schema.*\.json$/.test(file))) {
      const schema = readSchema(join(folder, subject, name))
      const addresses = [`${SITE}/${subject}/${name}`, `${SITE}/${subject}/${name}/`]
      const mirrored = MIRRORS.map(({ prefix, branch }) => `${prefix}/${subject}/${branch}/${name}`)
      for (const address of [...addresses, ...mirrored]) schemas.set(address, schema)
    }
  }
  return schemas
}

/** Without its own address: a third of the published schemas give one that belongs to another model or to none. */
export function readSchema(path: string): Schema {
  const { $id: _, ...schema } = JSON.parse(readFileSync(path, 'utf8'))
  return schema
}

/** The address at which a schema is published, if it lies where it does there. */
export function getPublishedAddress(folder: string, file: string): string {
  return `${SITE}/${relative(folder, file).replaceAll('\\', '/')}`
}

function createAjv(folder: string): Ajv2020 {
  const { Ajv2020: Validator } = loadPackage('ajv/dist/2020.js') as { Ajv2020: typeof Ajv2020 }
  const formats = loadPackage('ajv-formats') as typeof addFormats
  // One of the published shared schemas is not valid itself.
  const ajv = new Validator({
    ...{ strict: false, validateSchema: false, allErrors: true, logger: false },
    code: { regExp: linearPatterns },
  })
  formats.default(ajv)
  for (const [address, schema] of loadSharedSchemas(folder)) ajv.addSchema(schema, address)
  return ajv
}

function getErrors(validate: ValidateFunction, keyValues: unknown): readonly ErrorObject[] {
  return validate(keyValues) ? [] : (validate.errors ?? [])
}
