/** What the draining thread has to say, by way of the main thread's log. */
import { parentPort } from 'node:worker_threads'
import type { OnRepeatedName } from '../decode/repeated-name.ts'
import type { Outcome } from '../reading.ts'
import type { Trouble } from '../uplink/gate.ts'

/** A name is what a stranger wrote; this much of it tells which one it is. */
const NAME_CHARS_MAX = 80

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
  trouble?: Trouble,
): void {
  if (trouble === undefined) {
    report('info', { ...place, msg: 'the destination takes readings again' })
    return
  }
  const { detail, alarm } = trouble
  report(alarm === undefined ? 'warn' : 'error', {
    ...{ ...place, ...(alarm && { alarm }), trouble: detail },
    msg: `the destination takes nothing; readings wait in the journal${alarm ? ', and somebody has to look' : ''}`,
  })
}

export function reportCodecTrouble(profile: string, trouble?: string): void {
  if (trouble === undefined) report('info', { profile, msg: 'the codec script of a profile works again' })
  else report('warn', { profile, trouble, msg: 'a profile is degraded: its codec script meets its limits' })
}

export function reportRepeatedName(profile: string): OnRepeatedName {
  return (name, { tenant, topic }) =>
    report('warn', {
      ...{ tenant, topic, profile, name: name.slice(0, NAME_CHARS_MAX) },
      msg: 'a payload gives a name twice; the last value counts',
    })
}

export function report(
  level: 'debug' | 'info' | 'warn' | 'error',
  fields: Readonly<Record<string, unknown>>,
): void {
  parentPort?.postMessage({ kind: 'log', level, fields })
}
