/** What the draining thread has to say, by way of the main thread's log. */
import { parentPort } from 'node:worker_threads'
import type { Outcome } from '../reading.ts'

/** The first of each reason is a warning that somebody should see; the others are in the metrics and in the quarantine. */
export function countRefusal(
  refusals: Map<string, number>,
  place: { readonly tenant: string; readonly destination: string },
  topic: string,
  { code, detail }: Extract<Outcome, { kind: 'quarantined' }>,
): void {
  const count = (refusals.get(code) ?? 0) + 1
  refusals.set(code, count)
  const msg = 'a message went to quarantine'
  report(count === 1 ? 'warn' : 'debug', { ...place, topic, code, detail, msg })
}

export function reportTrouble(
  place: { readonly tenant: string; readonly destination: string },
  trouble?: string,
): void {
  if (trouble === undefined) report('info', { ...place, msg: 'the destination takes readings again' })
  else
    report('warn', { ...place, trouble, msg: 'the destination takes nothing; readings wait in the journal' })
}

export function reportCodecTrouble(profile: string, trouble?: string): void {
  if (trouble === undefined) report('info', { profile, msg: 'the codec script of a profile works again' })
  else report('warn', { profile, trouble, msg: 'a profile is degraded: its codec script meets its limits' })
}

export function report(
  level: 'debug' | 'info' | 'warn' | 'error',
  fields: Readonly<Record<string, unknown>>,
): void {
  parentPort?.postMessage({ kind: 'log', level, fields })
}
