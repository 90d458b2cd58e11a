/** Runs a target on input after input. Each is made of one number alone, so that whatever is found can be made again. */
import { getMessage } from '../../src/errors.ts'
import { Random } from './random.ts'

/** `npm run fuzz` gives a time and a seed; `npm test` takes a few rounds, always the same. */
const SECONDS = Number(process.env['TROMOST_FUZZ_SECONDS'] ?? 0)
const SEED = Number(process.env['TROMOST_FUZZ_SEED'] ?? 1)
export const IS_LONG = SECONDS > 0

/** Of one input; what takes longer is a finding. */
const INPUT_MS_MAX = 10_000
const INPUT_CHARS_MAX = 20_000
/** What nothing may add to. */
const KNOWN_NAMES = Object.getOwnPropertyNames(Object.prototype).join()

export interface Target<T> {
  /** Of all the time. The shares of all targets add up to 1. */
  readonly share: number
  /** Without a time. */
  readonly rounds: number
  make(random: Random): T
  /** Throws, or rejects, when something is not as it should be. */
  hold(input: T): void | Promise<void>
  /** What somebody needs to look at it. */
  show(input: T): string
}

/** How long a target may take, for the time-out of its test. */
export const TIMEOUT_MS = Math.max(120_000, 2 * SECONDS * 1_000)

export async function fuzz<T>({ share, rounds, make, hold, show }: Target<T>): Promise<number> {
  const until = performance.now() + SECONDS * 1_000 * share
  let round = 0
  while (IS_LONG ? performance.now() < until : round < rounds) {
    const seed = SEED + round
    const input = make(new Random(seed))
    const startedAt = performance.now()
    try {
      await inTime(hold(input))
      const ms = performance.now() - startedAt
      if (ms > INPUT_MS_MAX) throw new Error(`expected at most ${INPUT_MS_MAX} ms, got ${ms}`)
      const names = Object.getOwnPropertyNames(Object.prototype).join()
      if (names !== KNOWN_NAMES) throw new Error(`expected a clean Object.prototype, got ${names}`)
    } catch (error) {
      const again = `npm run fuzz -- --seed ${seed}`
      const found = `${getMessage(error)}\n${again} begins with it:\n${show(input).slice(0, INPUT_CHARS_MAX)}`
      throw new Error(found, { cause: error })
    }
    round += 1
  }
  if (IS_LONG) console.log(`${round} rounds from seed ${SEED}`)
  return round
}

/** What never ends is a finding as well. */
async function inTime(held: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`expected an end within ${INPUT_MS_MAX} ms`)), INPUT_MS_MAX)
  })
  await Promise.race([held, late]).finally(() => clearTimeout(timer))
}
