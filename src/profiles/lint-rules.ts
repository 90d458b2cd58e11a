/** THE TABLE of lint rules, and what a rule looks at and says. Errors are what every profile can do; the rest are warnings. */
import type { Reading } from '../reading.ts'
import type { Locate } from '../yaml-text.ts'
import type { ModelNames } from './model-names.ts'
import type { Profile } from './profile.ts'

/** Every rule by its name, as findings and devices/README.md call it. */
export const LINT_RULES = {
  'key-order': 'error',
  source: 'error',
  description: 'error',
  range: 'error',
  unit: 'error',
  context: 'error',
  'file-name': 'warning',
  'attribute-order': 'warning',
  sentinel: 'warning',
  'model-type': 'warning',
  'model-attribute': 'warning',
  'sample-trouble': 'warning',
  path: 'warning',
} as const satisfies Readonly<Record<string, 'error' | 'warning'>>

export type LintRule = keyof typeof LINT_RULES

/** What a rule found: the key, and in one sentence what was expected there and what is there. */
export interface RuleFinding {
  readonly rule: LintRule
  readonly key: string
  readonly problem: string
}

export interface LintInput {
  readonly file: string
  /** As it is written, with its keys in their order. */
  readonly raw: unknown
  readonly profile: Profile
  readonly locate: Locate
  readonly models: ModelNames
  /** What the samples give, all together; empty where none can be decoded. */
  readonly readings: readonly Reading[]
}
