/** `tromost check`: configuration, provisioning and all profiles with their samples; starts and writes nothing. */
import { formatFault } from '../document.ts'
import type { Kind } from '../provisioning/provisioning.ts'
import { loadPlan } from './plan.ts'
import { FAULTS_FOUND } from './report-error.ts'
import { findTlsWarnings } from './tls-faults.ts'

export async function runCheck(configFile: string, { json }: { readonly json: boolean }): Promise<void> {
  const plan = await loadPlan(configFile, { isDryRun: true })
  if (plan.faults !== undefined) {
    process.exitCode = FAULTS_FOUND
    if (json) console.log(JSON.stringify({ faults: plan.faults }))
    else for (const fault of plan.faults) console.error(formatFault(fault))
    return
  }
  const { config, profiles, provision } = plan.value
  const count = (kind: Kind) => provision.filter(entry => entry.kind === kind).length
  const counts = {
    profiles: profiles.size,
    tenants: count('tenant'),
    devices: count('device'),
    destinations: config.destinations.length,
  }
  const warnings = findTlsWarnings(config, Date.now())
  if (json) console.log(JSON.stringify({ faults: [], warnings, ...counts }))
  else {
    for (const warning of warnings) console.error(`warning: ${warning}`)
    console.log(
      Object.entries(counts)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
      'checked, no faults',
    )
  }
}
