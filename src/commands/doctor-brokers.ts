/** The brokers of the configuration file: whether they answer, who they are, and whether the clocks agree. */
import type { Config, DestinationConfig } from '../config/config.ts'
import { Egress } from '../egress/egress.ts'
import { toEgressPlan } from '../egress/named-addresses.ts'
import { getMessage } from '../errors.ts'
import { Access } from '../uplink/access.ts'
import { type Examined, examineBroker } from '../uplink/examine.ts'
import type { Diagnosis } from './diagnosis.ts'

/** A time without a zone or of tomorrow is told from it; the broker's has whole seconds, and an answer is on its way. */
const AHEAD_MS_MAX = 5_000

export async function examineDestinations(config: Config): Promise<readonly Diagnosis[]> {
  const egress = new Egress(toEgressPlan(config))
  const all = await Promise.all(config.destinations.map(destination => examine(destination, egress)))
  return all.flat()
}

async function examine(destination: DestinationConfig, egress: Egress): Promise<readonly Diagnosis[]> {
  const subject = `destination ${destination.id}`
  if (destination.url === undefined)
    return [{ subject, state: 'ok', found: 'the embedded preview; no broker is asked' }]
  const access = new Access(destination, egress)
  const parts = { destination, access, tenant: '', brokerTenant: undefined, publicUrl: undefined }
  try {
    return judge(subject, destination.url, await examineBroker(parts))
  } catch (error) {
    const remedy = 'see that it runs and that url is right; readings wait in the journal meanwhile'
    return [{ subject, state: 'fault', found: `${destination.url}: ${getMessage(error)}`, remedy }]
  } finally {
    access.close()
  }
}

function judge(subject: string, url: string, { status, facts, aheadMs }: Examined): readonly Diagnosis[] {
  const name = [facts.name === 'unknown' ? 'a broker that does not tell its name' : facts.name, facts.version]
  const found = `${url}: ${name.filter(Boolean).join(' ')}`
  if (status === 401 || status === 403) {
    const remedy = 'correct auth of the destination: docs/broker-login.md'
    return [{ subject, state: 'fault', found: `${url}: it refuses the login with ${status}`, remedy }]
  }
  return [
    { subject, state: 'ok', found },
    ...facts.misfits.map(
      misfit =>
        ({ subject, state: 'warning', found: misfit, remedy: 'docs/brokers.md says what fits' }) as const,
    ),
    ...(aheadMs === undefined ? [] : [{ subject: 'clock', ...judgeClock(aheadMs, subject) }]),
  ]
}

export function judgeClock(aheadMs: number, other: string): Omit<Diagnosis, 'subject'> {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  if (Math.abs(aheadMs) <= AHEAD_MS_MAX) return { state: 'ok', found: `agrees with that of ${other}` }
  const found = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${other}`
  const remedy = 'let NTP set the clocks: times of readings without one of their own come from it'
  return { state: 'warning', found, remedy }
}
