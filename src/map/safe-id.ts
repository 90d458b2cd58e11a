/** Ids that every broker takes: URNs of portable characters. Values keep their letters, ids do not. */

const SAFE = /^[A-Za-z0-9._:-]*$/
const UNSAFE_CHARACTER = /[^A-Za-z0-9._:-]/gu

/** Letters that do not fall apart into a base letter and a mark, as č or ž do. */
const LETTERS: Readonly<Record<string, string>> = {
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  ł: 'l',
  Ł: 'L',
  ø: 'o',
  Ø: 'O',
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ı: 'i',
}

/** Čistilna naprava 1 → Cistilna%20naprava%201 */
export function makeIdSafe(text: string): string {
  if (SAFE.test(text)) return text
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(UNSAFE_CHARACTER, replaceCharacter)
}

/** Not encodeURIComponent: it keeps characters that brokers refuse, and throws on half a surrogate pair. */
function replaceCharacter(character: string): string {
  const letter = LETTERS[character]
  if (letter !== undefined) return letter
  return [...Buffer.from(character)]
    .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}
