/** YAML text as a value, with the place of every key. What cannot be read is told in words, and where. */
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, Parser, visit } from 'yaml'

export interface Place {
  /** Both count from 1. */
  readonly line: number
  readonly column: number
}

interface YamlFault {
  readonly problem: string
  readonly place: Place | undefined
}

/** Answers for the path of a key, such as `entities.0.type`; for one that is not there, with what it should stand in. */
export type Locate = (key: string) => Place | undefined

export type YamlText =
  | { readonly value: unknown; readonly locate: Locate; readonly fault?: never }
  | { readonly fault: YamlFault }

/** Deeper than anything that a person writes. The composer is recursive: without a bound, brackets alone end the process. */
const DEPTH_MAX = 64
const DEPTH_EXPECTATION = `expected at most ${DEPTH_MAX} levels`

type Composed = Document.Parsed
type TextOf = (text: string) => string

/**
 * `toText` is what is done to every string, for text whose characters stand for something else. Duplicate keys, unknown tags, a
 * second document, aliases that multiply and more than 64 levels are faults.
 */
export function parseYamlText(source: string, toText: TextOf = text => text): YamlText {
  const toPlace = (offset: number) => getPlace(source, offset, toText)
  const tokens = splitTokens(source)
  if (typeof tokens === 'number') {
    return { fault: { problem: `${DEPTH_EXPECTATION}, got more`, place: toPlace(tokens) } }
  }
  const [document, second] = new Composer().compose(tokens, true, source.length)
  if (document === undefined) return { value: undefined, locate: () => undefined }
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) {
    const [at] = error.pos
    return { fault: { problem: describeError(error, source.slice(at), toText), place: toPlace(at) } }
  }
  if (second !== undefined) {
    const problem = 'expected one document, got another one after ---'
    return { fault: { problem, place: toPlace(second.range[0]) } }
  }
  return toValue(document, toPlace, toText)
}

/** The tokens of the text, or the offset at which it is nested too deeply. */
function splitTokens(source: string) {
  const parser = new Parser()
  const tokens = []
  for (const lexeme of new Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (parser.stack.filter(token => 'items' in token).length > DEPTH_MAX) return parser.offset
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

function toValue(document: Composed, toPlace: (offset: number) => Place, toText: TextOf): YamlText {
  try {
    const value = convert(document.toJS(), toText, 0)
    const locate: Locate = key => {
      const offset = findOffset(document, key, toText)
      return offset === undefined ? undefined : toPlace(offset)
    }
    return { value, locate }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const alias = error instanceof ReferenceError ? findAlias(document, error.message) : undefined
    const place = alias?.range ? toPlace(alias.range[0]) : undefined
    return { fault: { problem: describeFailure(error, alias?.source), place } }
  }
}

/** Aliases can make a value deeper than its text, and without end. */
function convert(value: unknown, toText: TextOf, depth: number): unknown {
  if (typeof value === 'string') return toText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEPTH_MAX) throw new Error(`${DEPTH_EXPECTATION}, got more by an alias`)
  if (Array.isArray(value)) return value.map(item => convert(item, toText, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [toText(key), convert(item, toText, depth + 1)]),
  )
}

function describeError({ code, message }: Composed['errors'][number], rest: string, toText: TextOf): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return `expected every key once, got ${toText(/^[^:,}\n]*/.exec(rest)?.[0] ?? '')} again`
    case 'TAB_AS_INDENT':
      return 'expected spaces as indentation, got a tab'
    case 'TAG_RESOLVE_FAILED':
      return `expected no tag, got ${toText(/^\S*/.exec(rest)?.[0] ?? '')}`
    case 'BAD_SCALAR_START':
      return `expected quotes around a value that begins with ${rest.charAt(0)}`
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'expected one key on this line; a value that holds a colon and a space needs quotes'
    default:
      return toText(message)
  }
}

function describeFailure({ message }: Error, alias: string | undefined): string {
  if (alias === undefined) return message
  return message.startsWith('Unresolved')
    ? `expected an anchor &${alias} before the alias *${alias}, got none`
    : 'expected aliases that stay small, got some that multiply'
}

/** The alias that an error is about: the one that it names, else the last one, which makes the most of the others. */
function findAlias(document: Composed, message: string) {
  const aliases: { readonly source: string; readonly range?: readonly [number, number, number] | null }[] = []
  visit(document, {
    Alias: (_key, alias) => {
      aliases.push(alias)
    },
  })
  return aliases.find(({ source }) => message.endsWith(`: ${source}`)) ?? aliases.at(-1)
}

function findOffset(document: Composed, key: string, toText: TextOf): number | undefined {
  let node: unknown = document.contents
  let rest = key
  let offset: number | undefined
  while (rest !== '') {
    const step = findStep(isAlias(node) ? node.resolve(document) : node, rest, toText)
    if (step === undefined) return offset
    offset = step.offset ?? offset
    node = step.node
    rest = rest.slice(step.name.length + 1)
  }
  return offset
}

/** Names may hold dots, so the longest one that fits is meant. */
function findStep(node: unknown, rest: string, toText: TextOf) {
  if (isSeq(node)) {
    const [name = ''] = /^\d+/.exec(rest) ?? []
    const item = node.items[Number(name)]
    return name === '' || item === undefined ? undefined : { name, node: item, offset: getOffset(item) }
  }
  if (!isMap(node)) return undefined
  const steps = node.items.map(({ key, value }) => {
    const name = isScalar(key) ? toText(String(key.value)) : ''
    return { name, node: value, offset: getOffset(key) }
  })
  return steps
    .filter(({ name }) => name !== '' && (rest === name || rest.startsWith(`${name}.`)))
    .reduce<(typeof steps)[number] | undefined>(
      (longest, step) => (step.name.length > (longest?.name.length ?? 0) ? step : longest),
      undefined,
    )
}

function getOffset(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return
  return node.range[0]
}

function getPlace(source: string, offset: number, toText: TextOf): Place {
  const before = source.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: toText(before.slice(start)).length + 1 }
}
