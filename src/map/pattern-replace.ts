/** Replaces what a pattern finds, with the same `$1`, `$&` and `$$` as JavaScript's replace. */
import type { Pattern } from '../profiles/expression-pattern.ts'
import { boundText } from './expression-bounds.ts'
import { findMatches, type Slots } from './pattern.ts'

const REFERENCE = /\$(?:\$|&|`|'|\d\d?)/g

export function replacePattern(
  text: string,
  pattern: Pattern,
  replacement: string,
  isGlobal: boolean,
): string {
  return replaceMatches(text, findMatches(pattern, text, isGlobal), replacement)
}

/** The first occurrence of a plain text. */
export function replaceText(text: string, wanted: string, replacement: string): string {
  const start = text.indexOf(wanted)
  return start < 0 ? text : replaceMatches(text, [[start, start + wanted.length]], replacement)
}

function replaceMatches(text: string, matches: readonly Slots[], replacement: string): string {
  let replaced = ''
  let done = 0
  for (const slots of matches) {
    const [start = 0, end = 0] = slots
    replaced = boundText(replaced + text.slice(done, start) + expand(replacement, text, slots))
    done = end
  }
  return boundText(replaced + text.slice(done))
}

/** Piece by piece, because `$'` a thousand times is a thousand times the text. */
function expand(replacement: string, text: string, slots: Slots): string {
  let expanded = ''
  let done = 0
  for (const { 0: reference, index } of replacement.matchAll(REFERENCE)) {
    expanded = boundText(expanded + replacement.slice(done, index) + resolve(reference, text, slots))
    done = index + reference.length
  }
  return expanded + replacement.slice(done)
}

function resolve(reference: string, text: string, slots: Slots): string {
  const [start = 0, end = 0] = slots
  switch (reference) {
    case '$$':
      return '$'
    case '$&':
      return text.slice(start, end)
    case '$`':
      return text.slice(0, start)
    case "$'":
      return text.slice(end)
    default:
      return resolveGroup(reference, text, slots)
  }
}

/** `$12` is the first group and a 2 where there is no twelfth. What names no group stands for itself. */
function resolveGroup(reference: string, text: string, slots: Slots): string {
  const groupCount = slots.length / 2 - 1
  const whole = Number(reference.slice(1))
  if (whole >= 1 && whole <= groupCount) return getGroup(whole, text, slots)
  const first = Number(reference.charAt(1))
  const isShorter = first >= 1 && first <= groupCount
  return isShorter ? getGroup(first, text, slots) + reference.charAt(2) : reference
}

function getGroup(group: number, text: string, slots: Slots): string {
  const start = slots[2 * group]
  const end = slots[2 * group + 1]
  return start === undefined ? '' : text.slice(start, end)
}
