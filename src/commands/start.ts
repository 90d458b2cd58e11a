/** `tromost start`: runs an agent until it is told to stop. */
import { formatFault } from '../document.ts'
import { endOnFault } from './end-on-fault.ts'
import { createLog } from './log.ts'
import { loadPlan, type Plan } from './plan.ts'
import { FAULTS_FOUND, reportError } from './report-error.ts'
import type { RunningAgent } from './running-agent.ts'

/** Starts the agent of a configuration file. Where there are faults, prints them all, sets the exit code, and starts nothing. */
export async function runStart(configFile: string): Promise<RunningAgent | undefined> {
  // What it makes is its user's alone: readings, keys, the log of changes.
  process.umask(0o077)
  const plan = await loadPlanOrReport(configFile)
  if (plan === undefined) return undefined
  // Whoever has faults to correct need not wait for all of the agent to be loaded.
  const { startAgent } = await import('./running-agent.ts')
  const log = createLog(plan.config.log)
  try {
    const agent = await startAgent(plan, log)
    for (const listener of agent.mqtt) log.info({ listener: 'mqtt', ...describe(listener), msg: 'listening' })
    if (agent.measures !== undefined)
      log.info({ listener: 'measures', ...describe({ kind: 'http', ...agent.measures }), msg: 'listening' })
    log.info({ listener: 'http', kind: 'http', ...agent.http, close: undefined, msg: 'listening' })
    if (!agent.hasLogins && agent.measures === undefined && plan.config.bridges.length === 0)
      log.warn({ file: plan.config.provision, msg: 'nobody can connect: no credentials' })
    log.info('ready')
    obeySignals(agent, log)
    endOnFault(() => agent.stop(), log)
    return agent
  } catch (error) {
    reportError(error)
    return undefined
  }
}

async function loadPlanOrReport(configFile: string): Promise<Plan | undefined> {
  try {
    const plan = await loadPlan(configFile)
    if (plan.faults === undefined) return plan.value
    for (const fault of plan.faults) console.error(formatFault(fault))
    process.exitCode = FAULTS_FOUND
  } catch (error) {
    reportError(error)
  }
  return undefined
}

function describe({ kind, host, port }: RunningAgent['mqtt'][number]) {
  return { kind, host, port }
}

/** Whoever sends SIGTERM or SIGINT a second time is not to get less than a clean stop. SIGHUP is what services are told to read files anew by. */
function obeySignals(agent: RunningAgent, log: { info(message: string): void }): void {
  let isStopping = false
  const stop = async (signal: string) => {
    log.info(isStopping ? `${signal}: stopping already` : `${signal}: stopping`)
    if (isStopping) return
    isStopping = true
    await agent.stop()
    log.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  process.on('SIGHUP', () => log.info('SIGHUP: changed profiles and certificates are in use by themselves'))
}
