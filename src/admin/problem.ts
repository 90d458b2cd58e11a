/** Errors as application/problem+json (RFC 9457). */
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'

export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly code?: string
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', ...problem }))
}

/** What is wrong with each key; `root` names the whole, for what is wrong with no single one. */
export function describeIssues(error: z.ZodError, root?: string): string {
  return error.issues
    .map(({ path, message }) => [path.join('.') || root, message].filter(Boolean).join(': '))
    .join('; ')
}
