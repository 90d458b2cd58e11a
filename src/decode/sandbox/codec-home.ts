/**
 * Where the calls of one codec go: with others, or for a while to a thread apart.
 *
 * A codec that stops a thread, by the time or the memory that it takes, is moved apart and run again there, and only what it
 * does there counts: a busy machine or a greedy neighbour condemns nobody. One that does it again and again is not run until
 * its time apart is over.
 */
import type { TromostError } from '../../errors.ts'
import { type Answer, createCodecError, describeLimit, type Limit } from './answer.ts'
import type { ApartThreads } from './apart-threads.ts'
import type { Call, CallQueue } from './call-queue.ts'
import type { Codec, CodecLimits } from './codec.ts'

export interface HomeOptions {
  readonly shared: CallQueue
  readonly apartThreads: ApartThreads
  readonly limits: CodecLimits
}

export class CodecHome {
  readonly #options: HomeOptions
  /** The thread apart, while the codec has one. */
  #apart: CallQueue | undefined
  #timer: NodeJS.Timeout | undefined
  #timeIsOver = false
  /** Calls that stopped the thread apart, with no good one between them. */
  #strikes = 0
  #source = ''
  /** Calls that are not answered yet. */
  #waiting = 0

  constructor(options: HomeOptions) {
    this.#options = options
  }

  async decode(codec: Codec, input: string): Promise<unknown> {
    this.#refuseBeyondBounds(codec)
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

  #refuseBeyondBounds({ id, source }: Codec): void {
    const { waitingMax } = this.#options.limits
    if (this.#waiting >= waitingMax) {
      throw createCodecError(id, `expected at most ${waitingMax} messages to wait for it, got one more`)
    }
    // A corrected script does not answer for the one before it.
    if (this.#source !== source) this.#strikes = 0
    this.#source = source
    if (this.#isSuspended()) throw this.#createSuspendedError(id)
  }

  #unwrap(id: string, answer: Answer): unknown {
    if (!('limit' in answer)) this.#strikes = 0
    if ('data' in answer) return answer.data
    if ('failed' in answer) throw createCodecError(id, answer.failed)
    throw createCodecError(id, describeLimit(answer.limit, this.#options.limits))
  }

  #isSuspended(): boolean {
    return this.#strikes >= this.#options.limits.strikesMax
  }

  #refuseWaiting(id: string, apart: CallQueue): void {
    for (const { refuse } of apart.withdraw(({ codec }) => codec.id === id))
      refuse(this.#createSuspendedError(id))
  }

  #createSuspendedError(id: string): TromostError {
    const { strikesMax, apartMs } = this.#options.limits
    const detail = `not run, because ${strikesMax} messages in a row stopped its thread by the time or the memory that they took`
    return createCodecError(id, `${detail}; it is tried again ${apartMs / 1_000} s after the last of them`)
  }

  #startTimeApart(): void {
    clearTimeout(this.#timer)
    this.#timeIsOver = false
    this.#timer = setTimeout(() => this.#moveBack(), this.#options.limits.apartMs).unref()
  }

  /** Back to the others, once nothing waits apart: a call must not overtake one before it. */
  #moveBack(): void {
    this.#timeIsOver = this.#waiting > 0
    if (this.#timeIsOver || this.#apart === undefined) return
    this.#strikes = 0
    this.#options.apartThreads.giveBack(this.#apart)
    this.#apart = undefined
  }
}
