/** `tromost simulate`: the sensors of a town against any MQTT address; prints sent, acknowledged and per second. */
import { type SimulatorEvent, startSimulator, type Totals } from '../simulator/simulator.ts'

export interface SimulateOptions {
  readonly url: string
  readonly devices: number
  readonly rate: number
  readonly qos: 0 | 1
  readonly seconds?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly json: boolean
}

export async function runSimulate({ seconds, rate, json, ...options }: SimulateOptions): Promise<void> {
  const simulator = startSimulator({
    ...options,
    ratePerSecond: rate,
    durationMs: seconds === undefined ? undefined : seconds * 1_000,
    onEvent: event => printEvent(event, json),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop())
  const totals = await simulator.finished
  console.log(json ? JSON.stringify(totals) : formatTotals(totals))
}

function printEvent(event: SimulatorEvent, json: boolean): void {
  if (event.kind === 'error') console.error(`${event.gateway}: ${event.error}`)
  else if (event.kind === 'progress' && !json) console.log(formatTotals(event.totals))
}

function formatTotals({ sent, acknowledged, failed, perSecond }: Totals): string {
  return `${sent} sent, ${acknowledged} acknowledged, ${failed} failed, ${perSecond.toFixed(1)} per second`
}
