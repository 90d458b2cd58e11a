/** What a codec made of one message: data, words of its own why not, or a limit that it met. */
import { TromostError } from '../../errors.ts'
import type { CodecLimits } from './codec.ts'

/** 64 KiB pages. Only the maximum of the WebAssembly memory bounds a script: the limit that the engine offers does not hold. */
export const MEMORY_PAGES = { initial: 256, maximum: 512 }

export type Limit = 'input' | 'time' | 'memory' | 'stack' | 'output' | 'depth' | 'values'

export type Answer =
  | { readonly data: unknown }
  /** In the words of the codec, bounded. */
  | { readonly failed: string }
  | { readonly limit: Limit }

/** DECODE_FAILED for what a codec says itself. */
export function createCodecError(
  id: string,
  detail: string,
  code: 'DECODE_FAILED' | 'SCRIPT_LIMIT' | 'SCRIPT_SUSPENDED' = 'DECODE_FAILED',
): TromostError {
  return new TromostError(code, `codec ${id}: ${detail}`)
}

export function describeLimit(limit: Limit, limits: CodecLimits): string {
  const expected: Record<Limit, string> = {
    input: `at most ${limits.inputBytesMax} bytes`,
    time: `an answer within ${limits.timeMs} ms`,
    memory: `at most ${MEMORY_PAGES.maximum / 16} MiB of memory in use`,
    stack: `calls that fit into ${limits.stackBytes} bytes of stack`,
    output: `at most ${limits.outputCharsMax} characters of data`,
    depth: `data nested at most ${limits.depthMax} deep`,
    values: `at most ${limits.valuesMax} values`,
  }
  return `expected ${expected[limit]}, got more (${limit} limit)`
}
