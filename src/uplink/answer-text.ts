/** Reads an answer that says nothing of single entities, by its status; and the words that it is told with. */
import type { HttpAnswer } from './http-post.ts'
import { isPageOfProxy, judgeAnswer } from './postponed.ts'
import type { Verdict } from './verdict.ts'

/** Nobody looked at the entities. 401 and 403 are here because no reading may be lost over a login. */
const LATER = new Set([401, 403, 404, 408, 411, 415, 425, 429])
/** The request was looked at and refused without naming a culprit. */
const REFUSED = new Set([400, 409, 413, 422])
const EXCERPT_CHARS_MAX = 500

/** Never confirms. `isMistaken`: the request was refused for something that no entity is to blame for. */
export function readAnswerText(
  answer: HttpAnswer,
  { isMistaken = false } = {},
): Exclude<Verdict, { kind: 'answered' }> {
  const { status } = answer
  const isRefused = REFUSED.has(status)
  if (isRefused && !isMistaken && !isPageOfProxy(answer))
    return { kind: 'refused', detail: describeAnswer(answer) }
  const isExpected = isRefused || LATER.has(status) || status >= 500
  return judgeAnswer(answer, isExpected ? describeAnswer(answer) : `unexpected ${describeAnswer(answer)}`)
}

export function describeAnswer({ status, body }: HttpAnswer): string {
  return body === '' ? `HTTP ${status}` : `HTTP ${status}: ${shorten(body)}`
}

/** An excerpt that explains the case. */
export function shorten(text: string): string {
  return text.length > EXCERPT_CHARS_MAX ? `${text.slice(0, EXCERPT_CHARS_MAX)}…` : text
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
