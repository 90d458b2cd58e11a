/** `tromost profile lint`: the style of profiles, a line for each finding. */
import { formatFault } from '../document.ts'
import { lintFiles } from '../profiles/lint-files.ts'
import { FAULTS_FOUND } from './report-error.ts'

export async function runProfileLint(
  paths: readonly string[],
  { json }: { readonly json: boolean },
): Promise<void> {
  const { profiles, faults, findings } = await lintFiles(paths)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  if (errors + faults.length > 0) process.exitCode = FAULTS_FOUND
  if (json) {
    console.log(JSON.stringify({ profiles, faults, findings }))
    return
  }
  for (const fault of faults) console.log(`fault    ${formatFault(fault)}`)
  for (const finding of findings) {
    console.log(`${finding.severity.padEnd(8)} ${formatFault(finding)} [${finding.rule}]`)
  }
  const warnings = findings.length - errors
  console.log(`${profiles} profiles, ${faults.length} faults, ${errors} errors, ${warnings} warnings`)
}
