/** The configuration of one run: the file, then TROMOST_ variables over it, then ${env:…} and ${file:…} resolved, then checked. */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { type Checked, checkDocument, type Fault, locateFaults } from '../document.ts'
import { getMessage } from '../errors.ts'
import { readDocument } from '../read-document.ts'
import { type Config, configSchema } from './config.ts'

type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'TROMOST_'
/** Read by `tromost status`, on the same machine and in the same shell. */
const TOKEN_VARIABLE = 'TROMOST_TOKEN'
const REFERENCE = /^\$\{(env|file):([^}]+)\}$/

/** Reads and checks the configuration. A missing file is a fault; an empty one gives the defaults. */
export function loadConfig(path: string, environment: Environment): Checked<Config> {
  const document = readDocument(path)
  if (document.faults !== undefined) return document
  const overridden = applyEnvironment(document.value, environment)
  const resolved = resolveReferences(overridden, environment, path)
  const checked = resolved.faults === undefined ? checkDocument(configSchema, resolved.value, path) : resolved
  if (checked.faults === undefined) return checked
  // What a variable has set stands on no line of the file.
  const isFromFile = (key: string) =>
    isDeepStrictEqual(readKey(overridden, key), readKey(document.value, key))
  return { faults: locateFaults(checked.faults, key => (isFromFile(key) ? document.locate(key) : undefined)) }
}

function readKey(root: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    return isThere ? (value as Record<string, unknown>)[name] : undefined
  }, root)
}

/** `TROMOST_HTTP__PORT=0` sets http.port; the names of keys are compared without case. Values are read as YAML scalars. */
export function applyEnvironment(raw: unknown, environment: Environment): unknown {
  const config = structuredClone(raw)
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name === TOKEN_VARIABLE || text === undefined) continue
    setPath(config, configSchema, name.slice(PREFIX.length).split('__'), parseScalar(text))
  }
  return config
}

/** Replaces `${env:NAME}` and `${file:PATH}` wherever a whole value is one. What they name must exist. */
export function resolveReferences(raw: unknown, environment: Environment, file: string): Checked<unknown> {
  const faults: Fault[] = []
  const value = mapStrings(raw, [], (text, path) => {
    const [, kind, name] = REFERENCE.exec(text) ?? []
    if (kind === undefined || name === undefined) return text
    try {
      return kind === 'env' ? readVariable(name, environment) : readFileSync(name, 'utf8').trimEnd()
    } catch (error) {
      faults.push({ file, key: path.join('.'), problem: getMessage(error) })
      return text
    }
  })
  return faults.length === 0 ? { value } : { faults }
}

function readVariable(name: string, environment: Environment): string {
  const text = environment[name]
  if (text === undefined) throw new Error(`expected the environment variable ${name} to be set, got nothing`)
  return text
}

function mapStrings(
  value: unknown,
  path: readonly string[],
  change: (text: string, path: readonly string[]) => string,
): unknown {
  if (typeof value === 'string') return change(value, path)
  if (Array.isArray(value))
    return value.map((item, index) => mapStrings(item, [...path, String(index)], change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapStrings(item, [...path, key], change)]),
  )
}

/** What is no YAML, such as a password that begins with @, is taken as it is: the parser's fault would print it. */
export function parseScalar(text: string): unknown {
  try {
    return parseYaml(text) ?? text
  } catch {
    return text
  }
}

/** Walks down `names`, taking for each the key that the file or the schema spells that way, and sets the last one. */
function setPath(target: unknown, schema: unknown, names: readonly string[], value: unknown): void {
  const [name, ...rest] = names
  if (name === undefined || typeof target !== 'object' || target === null) return
  const holder = target as Record<string, unknown>
  const known = [...Object.keys(holder), ...Object.keys(getShape(schema))]
  const key = known.find(candidate => candidate.toLowerCase() === name.toLowerCase()) ?? name.toLowerCase()
  if (rest.length === 0) {
    // Not by assignment: `__proto__` must become a key that the schema refuses, not a prototype.
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
    return
  }
  const present = Object.hasOwn(holder, key) ? holder[key] : undefined
  // A plain value gives way, so that the schema refuses what is set below it.
  if (typeof present !== 'object' || present === null) holder[key] = /^\d+$/.test(rest[0] ?? '') ? [] : {}
  setPath(holder[key], getChild(schema, key), rest, value)
}

function getChild(schema: unknown, key: string): unknown {
  const unwrapped = unwrap(schema)
  return 'element' in unwrapped ? unwrapped.element : getShape(unwrapped)[key]
}

function getShape(schema: unknown): Readonly<Record<string, unknown>> {
  const unwrapped = unwrap(schema)
  if ('options' in unwrapped)
    return Object.assign({}, ...(unwrapped.options as readonly unknown[]).map(getShape))
  return 'shape' in unwrapped ? (unwrapped.shape as Record<string, unknown>) : {}
}

/** The schema itself, without the wrappers that defaults put around it. */
function unwrap(schema: unknown): object {
  if (typeof schema !== 'object' || schema === null) return {}
  if ('element' in schema || 'shape' in schema || 'options' in schema) return schema
  return 'unwrap' in schema && typeof schema.unwrap === 'function' ? unwrap(schema.unwrap()) : schema
}
