/** One codec in a QuickJS runtime of its own, ready to be called. There are no host objects inside: only strings go in and out. */
import type { QuickJSContext, QuickJSHandle, QuickJSWASMModule } from 'quickjs-emscripten-core'
import type { Answer } from './answer.ts'
import type { CodecLimits } from './codec.ts'
import { GUEST_GLOBALS } from './guest-globals.ts'
import { altersBuiltIns, GUEST_HARNESS, toFactory } from './guest-harness.ts'
import { parsePlainValue } from './plain-value.ts'

/** The harness bounds a codec's own words too; what the engine says of a script that cannot be compiled does not pass through it. */
const FAILURE_CHARS_MAX = 300

export class LoadedCodec {
  readonly #limits: CodecLimits
  readonly #context: QuickJSContext
  readonly #factory: QuickJSHandle
  readonly #decode: QuickJSHandle
  #spent: boolean

  /** Compiles a codec; the answer instead when it is no script. */
  static load(module: QuickJSWASMModule, source: string, limits: CodecLimits): LoadedCodec | Answer {
    const context = module.newRuntime({ maxStackSizeBytes: limits.stackBytes }).newContext()
    evaluate(context, GUEST_GLOBALS).dispose()
    const altering = altersBuiltIns(source)
    const decode = evaluate(context, `${GUEST_HARNESS}(${!altering}, ${limits.outputCharsMax})`)
    const factory = context.evalCode(toFactory(source), 'codec.js', { type: 'global' })
    if (factory.error === undefined) return new LoadedCodec(context, factory.value, decode, altering, limits)
    const answer = toFailure(takeString(context, factory.error))
    decode.dispose()
    disposeWithRuntime(context)
    return answer
  }

  private constructor(
    context: QuickJSContext,
    factory: QuickJSHandle,
    decode: QuickJSHandle,
    altering: boolean,
    limits: CodecLimits,
  ) {
    this.#context = context
    this.#factory = factory
    this.#decode = decode
    this.#spent = altering
    this.#limits = limits
  }

  /** Whether something of a message may be left inside, so that the codec has to be loaded anew for the next one. */
  get spent(): boolean {
    return this.#spent
  }

  decode(inputJson: string): Answer {
    const input = this.#context.newString(inputJson)
    const result = this.#context.callFunction(this.#decode, this.#context.undefined, this.#factory, input)
    input.dispose()
    if (result.error !== undefined) {
      this.#spent = true
      return toFailure(takeString(this.#context, result.error))
    }
    const reply = takeString(this.#context, result.value)
    // Promises never run here; what they wait for must not happen in a later message.
    if (reply[0] !== 'k' || this.#context.runtime.hasPendingJob()) this.#spent = true
    return toAnswer(reply.slice(1), this.#limits)
  }

  dispose(): void {
    this.#factory.dispose()
    this.#decode.dispose()
    disposeWithRuntime(this.#context)
  }
}

/** For our own text, which cannot fail but for want of memory. */
function evaluate(context: QuickJSContext, code: string): QuickJSHandle {
  return context.unwrapResult(context.evalCode(code, 'harness.js', { type: 'global' }))
}

function takeString(context: QuickJSContext, handle: QuickJSHandle): string {
  const text = context.getString(handle)
  handle.dispose()
  return text
}

function disposeWithRuntime(context: QuickJSContext): void {
  const { runtime } = context
  context.dispose()
  runtime.dispose()
}

/** The harness marks data with =, a failure with ! and data that is too long with #. */
function toAnswer(reply: string, limits: CodecLimits): Answer {
  if (reply.startsWith('=')) return parsePlainValue(reply.slice(1), limits)
  return reply.startsWith('!') ? toFailure(reply.slice(1)) : { limit: 'output' }
}

function toFailure(text: string): Answer {
  if (text.startsWith('InternalError: out of memory')) return { limit: 'memory' }
  if (text.startsWith('InternalError: stack overflow')) return { limit: 'stack' }
  return { failed: text.slice(0, FAILURE_CHARS_MAX) }
}
