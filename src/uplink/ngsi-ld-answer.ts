/** Reads what an NGSI-LD broker answers to a batch (ETSI GS CIM 009, 5.6.8 and 6.15): the body before the status. */
import { describeAnswer, parseJson, readAnswerText, shorten } from './answer-text.ts'
import { type BatchResult, type EntityError, type Problem, parseBatchResult } from './batch-result.ts'
import type { HttpAnswer } from './http-post.ts'
import type { Verdict } from './verdict.ts'

/** What of a sent entity an answer can name. */
export interface Sent {
  readonly id: string
}

/** What one broker's errors for an entity mean, beyond what the standard says. */
export interface ErrorSense {
  /** The entity was stored all the same. */
  isStored?(problem: Problem): boolean
  /** The same entity may be taken when it is sent again. */
  isPassing?(problem: Problem): boolean
}

const CONFIRMING = new Set([201, 204])
/** Whoever is not named in an answer of these was taken. Elsewhere only those are that the answer lists as such. */
const CONFIRMING_UNNAMED = new Set([201, 204, 207])
/** Where brokers say what became of single entities; of the others, only where they failed themselves. */
const SAYS_RESULT = new Set([200, 201, 204, 207, 400, 404, 409, 422])
/** What an answer that confirms does not have. Looked for before it is parsed, since nearly every answer confirms. */
const MAY_HOLD_ERRORS = /"(?:errors?|failure|ProblemDetails)"/
/** The broker could not load the @context of the request, and so did not look at its entities (6.3.2). */
const CONTEXT_MISSING = /\/LdContextNotAvailable$/
const NO_SENSE: ErrorSense = {}

/** `sent` are the entities that the answer is about. */
export function readAnswer(answer: HttpAnswer, sent: readonly Sent[], sense: ErrorSense = NO_SENSE): Verdict {
  const { status, body } = answer
  if (CONFIRMING.has(status) && !MAY_HOLD_ERRORS.test(body)) return { kind: 'answered', refused: new Map() }
  const result = SAYS_RESULT.has(status) || status >= 500 ? parseBatchResult(body) : undefined
  if (result !== undefined) return readResult(answer, result, sent, sense)
  if (CONFIRMING.has(status)) return { kind: 'answered', refused: new Map() }
  return readAnswerText(answer, { isMistaken: isContextMissing(body) })
}

/** Whether the problem that a broker tells is that of a @context out of reach. */
export function isContextMissing(body: string): boolean {
  const problem = parseJson(body)
  return (
    typeof problem === 'object' &&
    problem !== null &&
    'type' in problem &&
    CONTEXT_MISSING.test(String(problem.type))
  )
}

/** BatchOperationResult (5.2.16). An error that names no entity is as good as none for the batch; an entity that is nowhere is not confirmed. */
function readResult(
  answer: HttpAnswer,
  result: BatchResult,
  sent: readonly Sent[],
  sense: ErrorSense,
): Verdict {
  const ids = new Set(sent.map(({ id }) => id))
  const errors = result.errors.filter(({ problem }) => sense.isStored?.(problem) !== true)
  if (errors.some(({ id }) => id === undefined || !ids.has(id))) return readUnnamed(answer)
  const isPassing = ({ problem }: EntityError) => answer.status >= 500 || isPassingProblem(problem, sense)
  const passing = new Set(errors.filter(isPassing).map(({ id }) => id))
  const refused = new Map(
    errors
      .filter(error => !isPassing(error))
      .map(({ id = '', problem }) => [id, shorten(JSON.stringify(problem))] as const),
  )
  const confirmed = findConfirmed(answer, result, sense)
  const decided = new Map<string, string | undefined>()
  for (const { id } of sent) {
    if (refused.has(id) || (confirmed(id) && !passing.has(id))) decided.set(id, refused.get(id))
  }
  if (decided.size === ids.size) return { kind: 'answered', refused }
  const detail = `${passing.size > 0 ? '' : 'incomplete '}${describeAnswer(answer)}`
  const { retryAfterMs: afterMs } = answer
  return { kind: 'later', detail, decided, ...(afterMs !== undefined && { afterMs }) }
}

/** Whether an entity that no error is about was taken: because it is listed, or because nothing is listed where that means yes. */
function findConfirmed(
  { status }: HttpAnswer,
  { success, errors }: BatchResult,
  sense: ErrorSense,
): (id: string) => boolean {
  if (success === undefined && CONFIRMING_UNNAMED.has(status)) return () => true
  const stored = errors.filter(({ problem }) => sense.isStored?.(problem)).map(({ id }) => id)
  const listed = new Set<string | undefined>([...(success ?? []), ...stored])
  return id => listed.has(id)
}

/** Gateways tell troubles of their own under the same name. */
function readUnnamed(answer: HttpAnswer): Verdict {
  return answer.status < 300
    ? { kind: 'refused', detail: describeAnswer(answer) }
    : readAnswerText(answer, { isMistaken: isContextMissing(answer.body) })
}

function isPassingProblem(problem: Problem, sense: ErrorSense): boolean {
  return (
    CONTEXT_MISSING.test(String(problem.type)) ||
    Number(problem.status) >= 500 ||
    sense.isPassing?.(problem) === true
  )
}
