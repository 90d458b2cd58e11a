/** Reads what an NGSI-LD broker answers to a batch (ETSI GS CIM 009, 5.6.8 and 6.15): the body before the status. */
import type { HttpAnswer } from './http-post.ts'
import { judgeAnswer } from './postponed.ts'
import type { Verdict } from './verdict.ts'

/** What of a sent entity an answer can name. */
interface Sent {
  readonly id: string
}

/** Nobody looked at the entities. 401 and 403 are here because no reading may be lost over a login. */
const LATER = new Set([401, 403, 404, 408, 411, 415, 425, 429])
/** The request was looked at and refused without naming a culprit. */
const REFUSED = new Set([400, 409, 413, 422])
/** The broker could not load the @context of the request, and so did not look at its entities (6.3.2). */
const CONTEXT_MISSING = /\/LdContextNotAvailable$/
const EXCERPT_CHARS_MAX = 500

/** `sent` are the entities that the answer is about. */
export function readAnswer(answer: HttpAnswer, sent: readonly Sent[]): Verdict {
  const { status, body } = answer
  if (status === 201 || status === 204) return { kind: 'answered', refused: new Map() }
  if (status === 207) return readMultiStatus(body, sent)
  const isRefused = REFUSED.has(status)
  if (isRefused && !isContextMissing(body)) return { kind: 'refused', detail: describe(status, body) }
  const isExpected = isRefused || LATER.has(status) || status >= 500
  return judgeAnswer(answer, isExpected ? describe(status, body) : `unexpected ${describe(status, body)}`)
}

/** BatchOperationResult (5.2.16). An error that names no entity is as good as none for the batch; an entity that is nowhere is not confirmed. */
function readMultiStatus(body: string, sent: readonly Sent[]): Verdict {
  const detail = describe(207, body)
  const { success, errors } = parseResult(body)
  if (errors === undefined) return { kind: 'later', detail: `unexpected ${detail}` }
  const refused = new Map<string, string>()
  for (const error of errors) {
    if (typeof error !== 'object' || error === null || !('entityId' in error))
      return { kind: 'refused', detail }
    refused.set(String(error.entityId), shorten(JSON.stringify('error' in error ? error.error : error)))
  }
  const confirmed = new Set(success)
  const isNamed = ({ id }: Sent) => confirmed.has(id) || refused.has(id)
  return success === undefined || sent.every(isNamed)
    ? { kind: 'answered', refused }
    : { kind: 'later', detail: `incomplete ${detail}` }
}

/** Whether the problem (RFC 7807) that a broker tells is that of a @context out of reach. */
export function isContextMissing(body: string): boolean {
  const problem = parseJson(body)
  return (
    typeof problem === 'object' &&
    problem !== null &&
    'type' in problem &&
    CONTEXT_MISSING.test(String(problem.type))
  )
}

function parseResult(body: string): {
  readonly success?: readonly unknown[]
  readonly errors?: readonly unknown[]
} {
  const result = parseJson(body)
  if (typeof result !== 'object' || result === null) return {}
  return {
    ...('success' in result && Array.isArray(result.success) && { success: result.success }),
    ...('errors' in result && Array.isArray(result.errors) && { errors: result.errors }),
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function describe(status: number, body: string): string {
  return body === '' ? `HTTP ${status}` : `HTTP ${status}: ${shorten(body)}`
}

function shorten(text: string): string {
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}
