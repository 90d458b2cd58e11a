/** `tromost doctor`: whether this machine and what is around it are fit for the agent. It may run beside one, and leaves nothing behind. */
import { toFinding } from '../alarms/expiry-watch.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { type Fault, formatFault } from '../document.ts'
import type { Diagnosis } from './diagnosis.ts'
import { examineDestinations } from './doctor-brokers.ts'
import { examineDisk, examinePorts } from './doctor-machine.ts'
import { listExpiries } from './expiries.ts'
import { loadPlan } from './plan.ts'
import { FAULTS_FOUND } from './report-error.ts'

export async function runDoctor(configFile: string, { json }: { readonly json: boolean }): Promise<void> {
  const config = loadConfig(configFile, process.env)
  const diagnoses =
    config.faults === undefined
      ? await examine(configFile, config.value)
      : config.faults.map(toConfigurationFault)
  if (diagnoses.some(({ state }) => state === 'fault')) process.exitCode = FAULTS_FOUND
  if (json) console.log(JSON.stringify({ diagnoses }))
  else diagnoses.forEach(print)
}

async function examine(configFile: string, config: Config): Promise<readonly Diagnosis[]> {
  const { faults = [] } = await loadPlan(configFile, { isDryRun: true })
  return [
    ...(faults.length > 0
      ? faults.map(toConfigurationFault)
      : [{ subject: 'configuration', state: 'ok' as const, found: 'no faults' }]),
    ...examineDisk(config),
    ...(await examinePorts(config)),
    ...examineExpiries(config),
    ...(await examineDestinations(config)),
  ]
}

function toConfigurationFault(fault: Fault): Diagnosis {
  const remedy = 'correct what the line names; the agent does not start before'
  return { subject: 'configuration', state: 'fault', found: formatFault(fault), remedy }
}

function examineExpiries(config: Config, now = Date.now()): readonly Diagnosis[] {
  return listExpiries(config, config.destinations).map(expiry => {
    const [finding] = toFinding(expiry, now)
    const { subject, expiresAt } = expiry
    const date = new Date(expiresAt).toISOString().slice(0, 10)
    if (finding === undefined) return { subject, state: 'ok', found: `good until ${date}` }
    const remedy = 'put a new one in its place; a running agent takes it within seconds'
    return { subject, state: expiresAt <= now ? 'fault' : 'warning', found: finding.message, remedy }
  })
}

function print({ subject, state, found, remedy }: Diagnosis): void {
  console.log(`${state.padEnd(7)}  ${subject}: ${found}`)
  if (remedy !== undefined) console.log(`         → ${remedy}`)
}
