/** What a destination said about one request, in the three ways that matter to the uplink. */

export type Verdict =
  /** Entity by entity: those named were refused, with the broker's words; all others are confirmed. */
  | { readonly kind: 'answered'; readonly refused: ReadonlyMap<string, string>; readonly status?: number }
  /** The request as a whole was refused, without saying which entity is to blame. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** Nothing was taken now: no connection, no time, no right. The same request is sent again. */
  | { readonly kind: 'later'; readonly detail: string; readonly afterMs?: number }
