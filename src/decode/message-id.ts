/** What a message says of itself so that it can be told from others: ids as servers and devices write them. */
const ID_CHARS_MAX = 256

/** Text or a number; what is longer than any id is none. */
export function toMessageId(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' && value.length <= ID_CHARS_MAX ? value : undefined
}
