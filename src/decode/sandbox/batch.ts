/** What crosses between the pool and a codec thread: one JSON string each way, which costs less than structured clones. */
import type { Answer, Limit } from './answer.ts'
import type { CodecInput, CodecLimits } from './codec.ts'

/** One message for one codec. */
export interface BatchCall {
  readonly codec: string
  /** Only where the thread does not have it yet. */
  readonly source?: string
  /** The argument of decodeUplink as JSON, ready to be passed through. */
  readonly input: string
}

/** The answers in the order of the calls, up to the one that the thread could not go on after. */
export interface BatchReply {
  readonly answers: readonly Answer[]
  readonly stopped?: Stop
}

/** The call that took the thread with it; the calls from the last answer on have to be run again elsewhere. */
export interface Stop {
  readonly index: number
  readonly limit: Limit
}

/** What a thread is started with. */
export interface ThreadPlan {
  readonly limits: CodecLimits
  /** One number: what the thread is doing. The watchdog reads it while the thread cannot answer. */
  readonly progress: SharedArrayBuffer
}

/** The number while no call is running. */
export const RESTING = -1

/** The number while a call is running: its place in the batch, and whether its codec is still being loaded. */
export function toProgress(index: number, loading: boolean): number {
  return index * 2 + (loading ? 1 : 0)
}

export function parseProgress(progress: number): { readonly index: number; readonly loading: boolean } {
  return { index: Math.max(0, progress >> 1), loading: progress !== RESTING && (progress & 1) === 1 }
}

export function toInputJson({ bytes, fPort, recvTime, variables = {} }: CodecInput): string {
  return `{"bytes":[${bytes.join()}],${JSON.stringify({ fPort, recvTime, variables }).slice(1)}`
}
