/** Why a change of what is provisioned was refused, as the problem that is answered. */
import type { Refusal } from '../provisioning/provisioning.ts'
import { createMisfitProblem, createProblem, type ProblemError } from './problem.ts'

export function createRefusedProblem(refusals: readonly Refusal[]): ProblemError {
  const faults = refusals.flatMap(refusal => refusal.faults)
  const code = refusals[0]?.code ?? 'INVALID'
  if (code === 'INVALID')
    return createMisfitProblem(
      'body',
      faults.map(({ key, problem }) => ({ path: key === '' ? [] : key.split('.'), problem })),
    )
  const detail = faults.map(({ file, problem }) => `${file}: ${problem}`).join('; ')
  return createProblem(code, detail)
}
