/** Waits for a condition by asking again, so that no test sleeps in place of one. */

const POLL_MS = 20

export interface Patience {
  readonly timeoutMs?: number
  /** What is so far true, for the error of a condition that never comes true. */
  readonly explain?: () => unknown
}

/** Resolves once `isTrue` gives true; rejects with the expectation and what was seen instead. */
export async function until(
  expectation: string,
  isTrue: () => boolean | Promise<boolean>,
  { timeoutMs = 20_000, explain }: Patience = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) {
      const seen = explain === undefined ? '' : `; got ${JSON.stringify(explain())}`
      throw new Error(`expected within ${timeoutMs} ms: ${expectation}${seen}`)
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}
