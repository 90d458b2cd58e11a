/** Certificates and keys of destinations that cannot be used, as faults of the configuration. */
import type { Config } from '../config/config.ts'
import type { Fault } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import { readTlsFiles } from '../uplink/tls-files.ts'

export function findTlsFaults({ destinations }: Config, file: string): readonly Fault[] {
  return destinations.flatMap(({ tls }, index) => {
    const problem = tls && findProblem(() => readTlsFiles(tls))
    return problem === undefined ? [] : [{ file, key: `destinations.${index}`, problem }]
  })
}

function findProblem(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (error) {
    return error instanceof TromostError ? error.detail : getMessage(error)
  }
}
