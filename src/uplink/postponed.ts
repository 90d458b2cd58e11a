/** Why nothing was taken: whether it may pass by itself, or whether somebody has to look. */
import { TromostError } from '../errors.ts'
import { TokenUnavailableError } from './auth/token-request.ts'
import { isUntrusted } from './failure-code.ts'
import { describeFailure, type HttpAnswer } from './http-post.ts'
import type { AlarmCode, Postponed } from './verdict.ts'

const LOGIN = new Set([401, 403])
/** Redirects among them: they are not followed, as a login that goes with them could end anywhere. */
const MISTAKEN = new Set([301, 302, 303, 307, 308, 404, 405, 406, 411, 415])
/** A broker says with these what it has against entities, and in JSON. */
const WORD_OF_BROKER = new Set([400, 409, 422])
const PAGE_START = /^\s*</
const ALARM_CODES: ReadonlySet<string> = new Set<AlarmCode>([
  'ADDRESS_CLOSED',
  'DESTINATION_UNTRUSTED',
  'TOKEN_REFUSED',
])

/** An answer that took nothing, in these words. */
export function judgeAnswer(answer: HttpAnswer, detail: string): Postponed {
  const { status, retryAfterMs, location } = answer
  if (LOGIN.has(status)) return { kind: 'barred', code: 'DESTINATION_LOGIN', detail }
  if (MISTAKEN.has(status) || isPageOfProxy(answer)) {
    const leads = location === undefined ? '' : ` (to ${location}; redirects are not followed)`
    return { kind: 'barred', code: 'DESTINATION_MISTAKEN', detail: `${detail}${leads}` }
  }
  return toLater(detail, retryAfterMs)
}

/** A page of HTML where a broker would say what it has against entities: a proxy before it speaks, as nginx does of a client certificate. */
export function isPageOfProxy({ status, body }: HttpAnswer): boolean {
  return WORD_OF_BROKER.has(status) && PAGE_START.test(body)
}

/** A request without an answer: no connection, no time, no token, no trust. */
export function judgeFailure(error: unknown): Postponed {
  if (error instanceof TromostError && isAlarm(error.code))
    return { kind: 'barred', code: error.code, detail: error.detail }
  if (error instanceof TokenUnavailableError) return toLater(error.message, error.retryAfterMs)
  const detail = describeFailure(error)
  return isUntrusted(error) ? { kind: 'barred', code: 'DESTINATION_UNTRUSTED', detail } : toLater(detail)
}

function isAlarm(code: string): code is AlarmCode {
  return ALARM_CODES.has(code)
}

function toLater(detail: string, afterMs?: number): Postponed {
  return afterMs === undefined ? { kind: 'later', detail } : { kind: 'later', detail, afterMs }
}
