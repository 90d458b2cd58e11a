/** How long a server asks to be left alone (RFC 9110, 10.2.3). */

/** Milliseconds from seconds or a date; undefined for a date that has passed, and for what is neither. */
export function parseRetryAfter(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
