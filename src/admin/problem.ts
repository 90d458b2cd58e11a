/** Errors as application/problem+json (RFC 9457), with our code, and a pointer to each place that is wrong. */
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Misfit } from '../document.ts'
import type { ErrorCode } from '../errors.ts'
import { PROBLEMS, type ProblemCode } from './problem-codes.ts'

const PARTS = ['body', 'query', 'path', 'header'] as const

/** A part of the request. */
export type Part = (typeof PARTS)[number]

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    status: z.int().describe('The HTTP status once more.'),
    title: z.string(),
    detail: z.string().describe('What was expected, and what was got.'),
    code: z.string().describe('Names the kind of problem; docs/api.md and docs/errors.md list them.'),
    errors: z
      .array(
        z.object({
          in: z.enum(PARTS).describe('The part of the request.'),
          pointer: z.string().describe('The place in it, as JSON Pointer (RFC 6901) behind a #.'),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Each place that is wrong.'),
  })
  .meta({ id: 'problem', description: 'What is wrong (RFC 9457).' })

export interface PlacedError {
  readonly in: Part
  readonly pointer: string
  readonly detail: string
}

export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly code: ProblemCode | ErrorCode
  readonly errors?: readonly PlacedError[]
}

/** Thrown by whatever handles a request, and answered by the error handler. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

export function createProblem(
  code: ProblemCode,
  detail: string,
  errors?: readonly PlacedError[],
): ProblemError {
  const { status, title } = PROBLEMS[code]
  return new ProblemError({ status, title, detail, code, ...(errors !== undefined && { errors }) })
}

/** What is wrong with one part of a request. */
export function createMisfitProblem(part: Part, misfits: readonly Misfit[]): ProblemError {
  const isUnknown = misfits.every(({ isUnknownKey }) => isUnknownKey === true)
  const errors = misfits.map(({ path, problem }) => ({ in: part, pointer: toPointer(path), detail: problem }))
  const detail = misfits.map(({ path, problem }) => [path.join('.') || part, problem].join(': ')).join('; ')
  return createProblem(isUnknown ? 'UNKNOWN_KEY' : 'REQUEST_INVALID', detail, errors)
}

export function toPointer(path: readonly PropertyKey[]): string {
  return `#${path.map(key => `/${escapeToken(String(key))}`).join('')}`
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', ...problem }))
}

/** As a fragment of an address (RFC 6901, 6). */
function escapeToken(key: string): string {
  return encodeURIComponent(
    key
      .replace(/\p{Surrogate}/gu, '\ufffd')
      .replaceAll('~', '~0')
      .replaceAll('/', '~1'),
  )
}
