/** The published JSON Schemas of the Smart Data Models. They are not ours to ship, and are used where they lie beside the product. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatFault } from '../../src/document.ts'
import { readModelNames } from '../../src/generate/model-names.ts'
import { type FindFaults, getPublishedAddress, loadModelSchemas } from '../../src/validation/model-schemas.ts'

export const MODELS_FOLDER = '../shared/data/smart-data-models'

export interface Model {
  readonly type: string
  /** The address of the @context of its subject. */
  readonly context: string
  readonly example: unknown
  /** Whether the schema gives the address at which it is published. */
  readonly hasOwnAddress: boolean
  /** What its schema says is wrong with an entity in simplified form; `/dateObserved must be string`. */
  readonly findFaults: (keyValues: unknown) => readonly string[]
  /** The attributes that the schema knows. No schema forbids others, so a misspelt one would pass. */
  readonly attributes: ReadonlySet<string>
}

export const areModelsThere = existsSync(MODELS_FOLDER)

export function loadModels(): ReadonlyMap<string, Model> {
  const files = readModelNames(MODELS_FOLDER)
  const schemas = loadModelSchemas(MODELS_FOLDER, new Set(files.map(({ type }) => type)))
  if (schemas.faults !== undefined) throw new Error(schemas.faults.map(formatFault).join('\n'))
  const models = files.map(({ type, file, attributes }) => {
    const address = getPublishedAddress(MODELS_FOLDER, file)
    return {
      type,
      context: new URL('../context.jsonld', address).href,
      example: readJson(join(dirname(file), 'example.json')),
      hasOwnAddress: Object(readJson(file)).$id === address,
      attributes: new Set(attributes),
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
