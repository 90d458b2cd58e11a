/** `when`: an attribute is made only if certain paths have certain values. */
import type { AttributeProfile } from '../profiles/attribute.ts'
import { compileSource, type Scope } from './scope.ts'

export function compileCondition(when: NonNullable<AttributeProfile['when']>): (scope: Scope) => boolean {
  const tests = Object.entries(when).map(([path, wanted]) => ({
    read: compileSource(path, 0),
    wanted: new Set<unknown>(Array.isArray(wanted) ? wanted : [wanted]),
  }))
  return scope => tests.every(({ read, wanted }) => wanted.has(read(scope)))
}
