/** Rules of samples: something going wrong is among them, and every path is in one of them. */
import type { AttributeProfile } from './attribute.ts'
import type { LintInput, RuleFinding } from './lint-rules.ts'
import { findNearName } from './near-name.ts'
import { compilePath } from './path.ts'
import { isMeasured } from './source-path.ts'
import { listValuePaths } from './value-paths.ts'

const PATHS_SHOWN = 8

export function findSampleFindings(input: LintInput): readonly RuleFinding[] {
  return [...findOnlyGoodSamples(input), ...findUnseenPaths(input)]
}

/** Trouble is a message of which nothing is made, or less than of another one. */
function findOnlyGoodSamples({ profile: { samples } }: LintInput): readonly RuleFinding[] {
  const sizes = samples.map(({ entities }) =>
    entities.reduce((sum, entity) => sum + Object.keys(entity).length, 0),
  )
  if (new Set(sizes).size > 1) return []
  const problem = `expected a sample of something going wrong, such as a heartbeat or a sentinel, got ${samples.length} that give the same attributes`
  return [{ rule: 'sample-trouble', key: 'samples', problem }]
}

function findUnseenPaths({ profile, readings }: LintInput): readonly RuleFinding[] {
  if (readings.length === 0) return []
  const seen = [...new Set(readings.flatMap(({ values }) => listValuePaths(values)))]
  const isSeen = (path: string) => readings.some(({ values }) => compilePath(path)(values) !== undefined)
  return profile.entities.flatMap(({ attributes }, at) =>
    Object.entries(attributes).flatMap(([name, attribute]) => {
      const paths = listPaths(attribute).filter(isMeasured)
      const [first] = paths
      if (first === undefined || paths.some(isSeen)) return []
      const near = findNearName(first, seen)
      const hint = near === undefined ? `they have ${shorten(seen)}` : `was ${near} meant?`
      const key = `entities.${at}.attributes.${name}.${attribute.geo === undefined ? 'from' : 'geo'}`
      return [{ rule: 'path', key, problem: `expected a path that a sample has, got ${first} (${hint})` }]
    }),
  )
}

function listPaths({ from, geo }: AttributeProfile): readonly string[] {
  return typeof from === 'object' ? Object.values(from) : [from ?? geo].filter(path => path !== undefined)
}

function shorten(paths: readonly string[]): string {
  return `${paths.slice(0, PATHS_SHOWN).join(', ')}${paths.length > PATHS_SHOWN ? ', …' : ''}`
}
