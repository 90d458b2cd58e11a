/** `tromost profile test`: runs the samples of profiles, a line each. */
import { formatFault } from '../document.ts'
import { loadProfiles } from '../profiles/load.ts'
import { runSamples } from '../profiles/samples.ts'
import { FAULTS_FOUND } from './report-error.ts'

export async function runProfileTest(
  paths: readonly string[],
  { json }: { readonly json: boolean },
): Promise<void> {
  const profiles = loadProfiles(paths)
  if (profiles.faults !== undefined) {
    process.exitCode = FAULTS_FOUND
    if (json) console.log(JSON.stringify({ faults: profiles.faults }))
    else for (const fault of profiles.faults) console.error(formatFault(fault))
    return
  }
  const results = await runSamples([...profiles.value.values()])
  if (results.some(({ passed }) => !passed)) process.exitCode = FAULTS_FOUND
  if (json) {
    console.log(JSON.stringify({ faults: [], results }))
    return
  }
  for (const { profile, sample, passed, difference } of results) {
    console.log(passed ? `ok    ${profile}: ${sample}` : `FAIL  ${profile}: ${sample}\n      ${difference}`)
  }
}
