/**
 * The time as it was when this turn of the event loop asked first. Hundreds of messages come with one read and are settled with one
 * answer; asked for each of them, the clock of the system would cost as much as storing one does.
 */

/** The same clock, asked once in a turn. */
export function oncePerTurn(readClock: () => number): () => number {
  let known = Number.NaN
  const forget = () => {
    known = Number.NaN
  }
  return () => {
    if (!Number.isNaN(known)) return known
    known = readClock()
    queueMicrotask(forget)
    return known
  }
}
