/** Whether the result of an expression is news: whether the reading holds one of the values that the expression names. */
import { type Expression, parseExpression } from '../profiles/expression.ts'
import type { Scope } from './scope.ts'

const OTHER_ROOTS = new Set(['device', 'tenant', 'reading'])

/** A name may as well be a static attribute of the device, so only the reading can tell. */
export function compileNews(text: string): (scope: Scope) => boolean {
  const parts = listParts(parseExpression(text))
  const names = parts.flatMap(part =>
    part.kind === 'name' && !OTHER_ROOTS.has(part.name) ? [part.name] : [],
  )
  const namesAll = parts.some(isAllValues)
  return ({ reading }) =>
    namesAll || names.some(name => Object.hasOwn(reading.values, name) && reading.values[name] !== null)
}

/** `reading.values`, whatever of it is then read. */
function isAllValues(part: Expression): boolean {
  return (
    part.kind === 'member' && part.key === 'values' && part.of.kind === 'name' && part.of.name === 'reading'
  )
}

/** The expression and all that it is made of. */
function listParts(expression: Expression): readonly Expression[] {
  return [expression, ...listChildren(expression).flatMap(listParts)]
}

function listChildren(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'constant':
    case 'name':
      return []
    case 'member':
    case 'unary':
      return [expression.of]
    case 'element':
      return [expression.of, expression.key]
    case 'binary':
      return [expression.left, expression.right]
    case 'choice':
      return [expression.test, ...(expression.yes === undefined ? [] : [expression.yes]), expression.no]
    case 'list':
      return expression.items
    case 'record':
      return expression.entries.map(([, value]) => value)
    case 'transform':
      return [expression.of, ...expression.args]
  }
}
