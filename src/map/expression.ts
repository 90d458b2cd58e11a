/** Expressions compiled to closures. They read own properties only: no prototype, constructor or global can be reached. */
import { type Expression, parseExpression, type TransformCall } from '../profiles/expression.ts'
import { parsePattern } from '../profiles/expression-pattern.ts'
import { boundValue, ExpressionFault, toNumber, toText } from './expression-bounds.ts'
import { Misfit } from './misfit.ts'
import { OPERATORS } from './operators.ts'
import { replacePattern } from './pattern-replace.ts'
import type { ReadScope } from './scope.ts'
import { TRANSFORMS } from './transforms.ts'

/** The closure gives plain data, undefined for null and NaN, and a Misfit for what cannot be evaluated; it never throws. */
export function compileExpression(text: string): ReadScope {
  const evaluate = compile(parseExpression(text))
  return scope => {
    try {
      const value = evaluate(scope)
      if (typeof value === 'number') return Number.isNaN(value) ? undefined : value
      return value === null || value === undefined ? undefined : checkFinite(boundValue(value))
    } catch (error) {
      if (error instanceof ExpressionFault) return new Misfit(error.message, error.got)
      return new Misfit('values that the expression can be evaluated on', text)
    }
  }
}

function compile(expression: Expression): ReadScope {
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression
      return () => value
    }
    case 'name':
      return compileName(expression.name)
    case 'member': {
      const { of, key } = expression
      const read = compile(of)
      return scope => readMember(read(scope), key)
    }
    case 'element':
      return compileElement(compile(expression.of), compile(expression.key))
    case 'unary':
      return compileUnary(expression.operator, compile(expression.of))
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right))
    case 'choice':
      return compileChoice(expression)
    case 'list': {
      const items = expression.items.map(compile)
      return scope => items.map(read => read(scope))
    }
    case 'record': {
      const entries = expression.entries.map(([key, value]) => [key, compile(value)] as const)
      return scope => Object.fromEntries(entries.map(([key, read]) => [key, read(scope)]))
    }
    case 'transform':
      return compileTransform(expression)
  }
}

/** A value of the reading, else what the administrator has said of the device, as FIWARE's static attributes. */
function compileName(name: string): ReadScope {
  const readRoot = ROOTS.get(name)
  if (readRoot !== undefined) return readRoot
  return ({ reading, device }) => readOwn(reading.values, name) ?? readOwn(device.attributes, name)
}

/** These names always mean the same, whatever a sensor sends. Its own value of such a name is `reading.values.device`. */
const ROOTS: ReadonlyMap<string, ReadScope> = new Map<string, ReadScope>([
  ['tenant', ({ device }) => device.tenant],
  ['reading', ({ reading, observedAt }) => ({ values: reading.values, observedAt })],
  [
    'device',
    ({ device: { id, tenant, profile, name, location, placement, attributes } }) => ({
      id,
      tenant,
      profile,
      name,
      location,
      placement,
      attributes,
    }),
  ],
])

/** As in JEXL, a name after a list looks into its first item. */
function readMember(subject: unknown, key: string): unknown {
  return readOwn(Array.isArray(subject) ? subject[0] : subject, key)
}

/** As in JEXL, `a[true]` is a and `a[false]` is nothing. */
function compileElement(readSubject: ReadScope, readKey: ReadScope): ReadScope {
  return scope => {
    const subject = readSubject(scope)
    const key = readKey(scope)
    if (typeof key === 'boolean') return key ? subject : undefined
    return typeof key === 'string' || typeof key === 'number' ? readOwn(subject, String(key)) : undefined
  }
}

/** Own properties of data, which are all that JSON can give; null counts as absent. */
function readOwn(subject: unknown, key: string): unknown {
  if (typeof subject === 'string') return key === 'length' ? subject.length : readCharacter(subject, key)
  if (typeof subject !== 'object' || subject === null || !Object.hasOwn(subject, key)) return undefined
  return (subject as Readonly<Record<string, unknown>>)[key] ?? undefined
}

function readCharacter(text: string, key: string): string | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(key) ? text[Number(key)] : undefined
}

function compileUnary(operator: '!' | '-', read: ReadScope): ReadScope {
  return operator === '!' ? scope => !read(scope) : scope => -toNumber(read(scope))
}

function compileBinary(operator: string, readLeft: ReadScope, readRight: ReadScope): ReadScope {
  if (operator === '&&') return scope => readLeft(scope) && readRight(scope)
  if (operator === '||') return scope => readLeft(scope) || readRight(scope)
  const operate = OPERATORS.get(operator)
  if (operate === undefined) throw new TypeError(`expected an operator, got ${operator}`)
  return scope => operate(readLeft(scope), readRight(scope))
}

function compileChoice({ test, yes, no }: Extract<Expression, { kind: 'choice' }>): ReadScope {
  const readTest = compile(test)
  const readYes = yes === undefined ? undefined : compile(yes)
  const readNo = compile(no)
  return scope => {
    const tested = readTest(scope)
    if (!tested) return readNo(scope)
    return readYes === undefined ? tested : readYes(scope)
  }
}

function compileTransform({ name, of, args }: TransformCall): ReadScope {
  const read = compile(of)
  if (name === 'replaceregexp' || name === 'replaceallregexp') {
    return compileReplace(read, args, name === 'replaceallregexp')
  }
  const transform = TRANSFORMS[name]
  const [readFirst, readSecond, readThird] = args.map(compile)
  if (readFirst === undefined) return scope => transform(read(scope))
  return scope => transform(read(scope), readFirst(scope), readSecond?.(scope), readThird?.(scope))
}

/** The parser has made sure that the pattern is constant and one that we can match. */
function compileReplace(
  read: ReadScope,
  [first, second]: readonly Expression[],
  isGlobal: boolean,
): ReadScope {
  const { pattern } = parsePattern(first?.kind === 'constant' ? String(first.value) : '')
  if (pattern === undefined || second === undefined)
    throw new TypeError('expected a pattern and a replacement')
  const readReplacement = compile(second)
  return scope => {
    const text = read(scope)
    return typeof text === 'string'
      ? replacePattern(text, pattern, toText(readReplacement(scope)), isGlobal)
      : null
  }
}

/** Neither NaN nor Infinity may hide in a list or an object: a broker would be sent null. */
function checkFinite(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new ExpressionFault('finite numbers', value)
  if (Array.isArray(value) && value.includes(undefined))
    throw new ExpressionFault('lists without gaps', value)
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(checkFinite)
  return value
}
