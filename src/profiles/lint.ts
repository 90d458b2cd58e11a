/** Holds a sound profile against the style of devices/README.md. Errors are what every profile can do; the rest are warnings. */
import { type Fault, locateFaults } from '../document.ts'
import { findModelFindings } from './lint-models.ts'
import { findNumberFindings } from './lint-numbers.ts'
import { findOrderFindings } from './lint-order.ts'
import { LINT_RULES, type LintInput, type LintRule } from './lint-rules.ts'
import { findSampleFindings } from './lint-samples.ts'
import { findTextFindings } from './lint-texts.ts'

export interface Finding extends Fault {
  readonly rule: LintRule
  readonly severity: 'error' | 'warning'
}

export function lintProfile(input: LintInput): readonly Finding[] {
  const findings = [
    ...findTextFindings(input),
    ...findOrderFindings(input),
    ...findModelFindings(input),
    ...findNumberFindings(input),
    ...findSampleFindings(input),
  ]
  return findings.flatMap(finding =>
    locateFaults([{ file: input.file, ...finding }], input.locate).map(fault => ({
      ...fault,
      rule: finding.rule,
      severity: LINT_RULES[finding.rule],
    })),
  )
}
