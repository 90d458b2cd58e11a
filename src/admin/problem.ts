/** Errors as application/problem+json (RFC 9457). */
import type { FastifyReply } from 'fastify'

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
