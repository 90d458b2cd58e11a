/** Certificates and keys of destinations and webhooks that cannot be used, as faults of the configuration. */
import type { Config } from '../config/config.ts'
import type { Fault } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import { readTlsFiles } from '../uplink/tls-files.ts'

export function findTlsFaults({ destinations, alarms }: Config, file: string): readonly Fault[] {
  const owners = { destinations, 'alarms.webhooks': alarms.webhooks }
  return Object.entries(owners).flatMap(([name, list]) =>
    list.flatMap(({ tls }, index) => {
      const problem = tls && findProblem(() => readTlsFiles(tls))
      return problem === undefined ? [] : [{ file, key: `${name}.${index}`, problem }]
    }),
  )
}

function findProblem(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof TromostError ? error.detail : getMessage(error)
  }
}
