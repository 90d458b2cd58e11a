/** The result of a batch as brokers word it: ids that were taken, errors of others (ETSI GS CIM 009, 5.2.16 and 5.2.17). */
import { parseJson } from './answer-text.ts'

/** A problem of RFC 7807, as far as it can be believed. */
export interface Problem {
  readonly type?: unknown
  readonly title?: unknown
  readonly detail?: unknown
  readonly status?: unknown
}

export interface EntityError {
  /** Absent where the broker names no entity. */
  readonly id?: string
  readonly problem: Problem
}

export interface BatchResult {
  /** Absent where the broker lists none. */
  readonly success?: readonly string[]
  readonly errors: readonly EntityError[]
}

/** Undefined for a body that is no such result. */
export function parseBatchResult(body: string): BatchResult | undefined {
  const json = parseJson(body)
  if (Array.isArray(json)) return parseOldScorpio(json)
  if (typeof json !== 'object' || json === null) return undefined
  const { success, errors, error }: Record<string, unknown> = { ...json }
  const ids = Array.isArray(success) ? success.map(String) : undefined
  const list = [errors, error].find(Array.isArray)
  if (list === undefined && ids === undefined) return undefined
  return { ...(ids && { success: ids }), errors: (list ?? []).map(toEntityError) }
}

/** Scorpio once answered with a list, each item with what failed of its entity. */
function parseOldScorpio(items: readonly unknown[]): BatchResult | undefined {
  const failed = items.filter(item => Array.isArray(getMember(item, 'failure')))
  if (failed.length === 0) return undefined
  return { success: [], errors: failed.map(toEntityError) }
}

/** Scorpio says `id` and `ProblemDetails` for what the standard calls `entityId` and `error`. */
function toEntityError(item: unknown): EntityError {
  const id = getMember(item, 'entityId') ?? getMember(item, 'id')
  const [failure] = [getMember(item, 'failure')].flat()
  const problem = getMember(item, 'error') ?? getMember(item, 'ProblemDetails') ?? failure ?? item
  return { ...(typeof id === 'string' && { id }), problem: toProblem(problem) }
}

function toProblem(problem: unknown): Problem {
  return typeof problem === 'object' && problem !== null ? problem : { detail: problem }
}

function getMember(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
