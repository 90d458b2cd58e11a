/**
 * Takes the parts of an answer as they come. Most answers have no body at all, and a stream that is opened only to find that out costs a
 * fifth of a request.
 */
import type { Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController
type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2]

export interface WholeAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface AnswerReaderOptions {
  /** From the head of the answer to its end. */
  readonly timeoutMs: number
  readonly resolve: (answer: WholeAnswer) => void
  readonly reject: (error: Error) => void
}

/** An answer to a batch names at most each entity with a sentence; a body beyond this is not read to its end. */
const ANSWER_BYTES_MAX = 2 * 1024 * 1024

export class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #options: AnswerReaderOptions
  #status = 0
  #headers: Headers = {}
  #startedAt = 0
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(options: AnswerReaderOptions) {
    this.#options = options
  }

  /** Undici tells a handler of this kind by it. */
  onRequestStart(): void {}

  /** Once more for the answer itself, where another one only said that it would come (RFC 9110, 15.2). */
  onResponseStart(_controller: Controller, status: number, headers: Headers): void {
    this.#status = status
    this.#headers = headers
    this.#startedAt = performance.now()
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const { timeoutMs } = this.#options
    this.#bytes += chunk.length
    if (this.#bytes > ANSWER_BYTES_MAX) {
      controller.abort(new Error(`expected an answer of at most ${ANSWER_BYTES_MAX} bytes, got more`))
    } else if (performance.now() - this.#startedAt > timeoutMs) {
      // The pool bounds the wait for each part only, and a part may be one byte.
      controller.abort(new Error(`expected the end of the answer within ${timeoutMs} ms`))
    } else {
      this.#chunks.push(chunk)
    }
  }

  onResponseEnd(): void {
    const body = this.#bytes === 0 ? '' : Buffer.concat(this.#chunks).toString('utf8')
    this.#options.resolve({ status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#options.reject(error)
  }
}
