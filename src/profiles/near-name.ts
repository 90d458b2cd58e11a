/** What was probably meant by a name that is not there. */

/** A slip of the finger, or a letter too many and one too few. */
const DISTANCE_MAX = 2

/**
 * The candidate that differs by at most two letters, or only in its capitals; undefined when there is none. Names of other
 * numbers are other names (`line_1`, `line_3`), and in a path the last name says how much may differ.
 */
export function findNearName(name: string, candidates: Iterable<string>): string | undefined {
  let nearest: string | undefined
  const last = name.split('.').at(-1) ?? ''
  let least = Math.min(DISTANCE_MAX, Math.floor(last.length / 3)) + 1
  for (const candidate of candidates) {
    if (getDigits(candidate) !== getDigits(name)) continue
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : getDistance(name, candidate)
    if (distance >= least) continue
    nearest = candidate
    least = distance
  }
  return nearest
}

function getDigits(name: string): string {
  return name.replace(/\D/g, '')
}

/** Levenshtein's: letters to insert, to take out or to replace. */
function getDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > DISTANCE_MAX) return DISTANCE_MAX + 1
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    above = current
  }
  return above[b.length] ?? 0
}
