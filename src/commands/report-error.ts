/** How a verb that fails says so, on standard error and by its exit code. */
import { ERRORS, TromostError } from '../errors.ts'

/** Exit codes of every verb: 0 done, 1 found faults, 2 wrong use, 3 agent not reachable; of an agent also 4, a fault of its own. */
export const FAULTS_FOUND = 1
export const WRONG_USE = 2
export const NOT_REACHABLE = 3

/** Prints a fault of any kind the same way, with what to do about it where the table of errors knows. */
export function reportError(error: unknown): void {
  process.exitCode = FAULTS_FOUND
  if (error instanceof TromostError) console.error(`${error.message}\n  ${ERRORS[error.code].remedy}`)
  else console.error(error)
}
