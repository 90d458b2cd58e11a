/** What a destination said about one request, in the four ways that matter to the uplink. */
import type { ErrorCode } from '../errors.ts'

export type Verdict =
  /** Entity by entity: those named were refused, with the broker's words; all others are confirmed. */
  | { readonly kind: 'answered'; readonly refused: ReadonlyMap<string, string>; readonly status?: number }
  /** The request as a whole was refused, without saying which entity is to blame. */
  | { readonly kind: 'refused'; readonly detail: string }
  | Postponed

/** Nothing was taken, or not all, and no entity is to blame. What was not decided is sent again. */
export type Postponed =
  /** Not now: no connection, no time, too much of it. */
  | { readonly kind: 'later'; readonly detail: string; readonly afterMs?: number; readonly decided?: Decided }
  /** Not like this: our login, our request or our trust is at fault, and somebody has to look. Tried again rarely. */
  | { readonly kind: 'barred'; readonly code: AlarmCode; readonly detail: string; readonly decided?: Decided }

/** Those entities that something was said of all the same, by id: the words of their refusal, or undefined where they are confirmed. */
export type Decided = ReadonlyMap<string, string | undefined>

/** What somebody has to look after; docs/errors.md says how. */
export type AlarmCode = Extract<
  ErrorCode,
  'ADDRESS_CLOSED' | 'DESTINATION_LOGIN' | 'DESTINATION_MISTAKEN' | 'DESTINATION_UNTRUSTED' | 'TOKEN_REFUSED'
>

export function isPostponed(verdict: Verdict): verdict is Postponed {
  return verdict.kind === 'later' || verdict.kind === 'barred'
}
