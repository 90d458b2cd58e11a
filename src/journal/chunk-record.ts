/** What one commit adds for one tenant: a chunk, and how far the tenant has come with it. */
import { getMessage, TromostError } from '../errors.ts'
import type { Change } from './engine.ts'
import { createHeadChange, type Head } from './head.ts'
import type { Batch, Intake } from './intake.ts'

export interface ChunkRecord {
  readonly intake: Intake
  readonly batch: Batch
  readonly chunk: Buffer
  /** With the chunk. */
  readonly head: Head
}

export function toChanges({ batch: { tenant, count, beside }, chunk, head }: ChunkRecord): readonly Change[] {
  const position = head.next - count
  return [
    { table: 'chunks', key: [tenant, position], value: chunk },
    createHeadChange(tenant, head),
    ...beside,
  ]
}

/** Why a record could not be written. */
export function toFailure(error: unknown): TromostError {
  if (error instanceof TromostError) return error
  return new TromostError('JOURNAL_FAILED', getMessage(error), { cause: error })
}
