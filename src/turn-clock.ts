/**
 * The time as it was when this turn of the event loop asked first. Hundreds of messages come with one read and are settled with one
 * answer; asked for each of them, the clock of the system would cost as much as storing one does.
 */

interface TurnClock {
  /** Milliseconds since the epoch. */
  getNow(): number
  /** Milliseconds by a clock that nobody sets: for waits and limits. */
  getTime(): number
}

/** All that ask share one clock: to forget what it said costs something too. */
export const { getNow, getTime } = createTurnClock(Date.now, () => performance.now())

export function createTurnClock(readNow: () => number, readTime: () => number): TurnClock {
  let [now, time] = [Number.NaN, Number.NaN]
  let isForgotten = true
  const forget = () => {
    now = Number.NaN
    time = Number.NaN
    isForgotten = true
  }
  const forgetSoon = () => {
    if (isForgotten) queueMicrotask(forget)
    isForgotten = false
  }
  return {
    getNow: () => {
      if (!Number.isNaN(now)) return now
      forgetSoon()
      now = readNow()
      return now
    },
    getTime: () => {
      if (!Number.isNaN(time)) return time
      forgetSoon()
      time = readTime()
      return time
    },
  }
}
