/**
 * Where the calls of one codec go: with others, or for a while to a thread apart.
 *
 * A codec that stops a thread, by the time or the memory that it takes, is moved apart and run again there, and only what it
 * does there counts: a busy machine or a greedy neighbour condemns nobody. One that meets its limits again and again is
 * suspended: not run for a while, and after that suspended again by the first message that meets one.
 */
import type { TromostError } from '../../errors.ts'
import { type Answer, createCodecError, describeLimit, type Limit } from './answer.ts'
import type { ApartThreads } from './apart-threads.ts'
import type { Call, CallQueue } from './call-queue.ts'
import type { Codec, CodecInput, CodecLimits } from './codec.ts'

export interface HomeOptions {
  readonly shared: CallQueue
  readonly apartThreads: ApartThreads
  readonly limits: CodecLimits
  /** Hears when the codec is suspended, and when it has answered again after that (without a trouble). */
  readonly onTrouble: (trouble: string | undefined) => void
}

export class CodecHome {
  readonly #options: HomeOptions
  /** The thread apart, while the codec has one. */
  #apart: CallQueue | undefined
  #timer: NodeJS.Timeout | undefined
  #timeIsOver = false
  /** Calls that stopped the thread apart, and calls that met any limit, with no good one between them. */
  #strikes = 0
  #failures = 0
  #isInTrouble = false
  #source = ''
  /** Calls that are not answered yet. */
  #waiting = 0

  constructor(options: HomeOptions) {
    this.#options = options
  }

  async decode(codec: Codec, input: CodecInput): Promise<unknown> {
    this.#refuseBeyondBounds(codec, input)
    this.#waiting += 1
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        const queue = this.#apart ?? this.#options.shared
        queue.add({ codec, input, answer: resolve, refuse: reject })
      })
      return this.#unwrap(codec.id, answer)
    } finally {
      this.#waiting -= 1
      if (this.#timeIsOver) this.#moveBack()
    }
  }

  /** A thread was stopped in this call. */
  judge(call: Call, limit: Limit): void {
    const { id } = call.codec
    if (this.#apart === undefined) {
      this.#apart = this.#options.apartThreads.lend()
      for (const waiting of this.#options.shared.withdraw(({ codec }) => codec.id === id))
        this.#apart.add(waiting)
    } else {
      this.#strikes += 1
      this.#apart.withdraw(waiting => waiting === call)
      call.answer({ limit })
      if (this.#isSuspended()) this.#refuseWaiting(id, this.#apart)
    }
    this.#startTimeApart()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #refuseBeyondBounds({ id, source }: Codec, { bytes }: CodecInput): void {
    const { limits } = this.#options
    // What a device sends says nothing of the codec, so it does not count.
    if (bytes.length > limits.inputBytesMax)
      throw createCodecError(id, describeLimit('input', limits), 'SCRIPT_LIMIT')
    // A corrected script does not answer for the one before it.
    if (this.#source !== source) this.#forgive()
    this.#source = source
    if (this.#isSuspended()) throw this.#createSuspendedError(id)
  }

  #unwrap(id: string, answer: Answer): unknown {
    if ('limit' in answer) {
      this.#countFailure(id)
      throw createCodecError(id, describeLimit(answer.limit, this.#options.limits), 'SCRIPT_LIMIT')
    }
    this.#forgive()
    this.#tellTrouble(undefined)
    if ('failed' in answer) throw createCodecError(id, answer.failed)
    return answer.data
  }

  #countFailure(id: string): void {
    this.#failures += 1
    if (!this.#isSuspended()) return
    this.#tellTrouble(this.#describeSuspension())
    if (this.#failures !== this.#options.limits.failuresMax) return
    this.#refuseWaiting(id, this.#apart ?? this.#options.shared)
    this.#startTimeApart()
  }

  #forgive(): void {
    this.#strikes = 0
    this.#failures = 0
  }

  #tellTrouble(trouble: string | undefined): void {
    const isInTrouble = trouble !== undefined
    if (this.#isInTrouble !== isInTrouble) this.#options.onTrouble(trouble)
    this.#isInTrouble = isInTrouble
  }

  #isSuspended(): boolean {
    const { strikesMax, failuresMax } = this.#options.limits
    return this.#strikes >= strikesMax || this.#failures >= failuresMax
  }

  #refuseWaiting(id: string, queue: CallQueue): void {
    for (const { refuse } of queue.withdraw(({ codec }) => codec.id === id))
      refuse(this.#createSuspendedError(id))
  }

  #createSuspendedError(id: string): TromostError {
    return createCodecError(id, this.#describeSuspension(), 'SCRIPT_SUSPENDED')
  }

  #describeSuspension(): string {
    const { strikesMax, failuresMax, apartMs } = this.#options.limits
    const reason =
      this.#strikes >= strikesMax
        ? `${strikesMax} messages in a row stopped its thread by the time or the memory that they took`
        : `${failuresMax} messages in a row met a limit`
    return `not run, because ${reason}; it is tried again ${apartMs / 1_000} s after the last of them`
  }

  #startTimeApart(): void {
    clearTimeout(this.#timer)
    this.#timeIsOver = false
    this.#timer = setTimeout(() => this.#moveBack(), this.#options.limits.apartMs).unref()
  }

  /** Back to the others, once nothing waits apart: a call must not overtake one before it. */
  #moveBack(): void {
    this.#timeIsOver = this.#waiting > 0
    if (this.#timeIsOver) return
    const { strikesMax, failuresMax } = this.#options.limits
    // One that was suspended is on trial.
    this.#strikes = Math.min(this.#strikes, strikesMax - 1)
    this.#failures = Math.min(this.#failures, failuresMax - 1)
    if (this.#apart === undefined) return
    this.#options.apartThreads.giveBack(this.#apart)
    this.#apart = undefined
  }
}
