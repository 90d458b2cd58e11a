/** Whatever was thrown on the way of a request, as the problem that is answered. */
import type { FastifyReply } from 'fastify'
import { getMessage, TromostError } from '../errors.ts'
import { createProblem, type Problem, ProblemError, sendProblem } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'

/** Those of the framework, by its codes. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_UNREADABLE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_UNREADABLE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_UNREADABLE',
}

export function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  return sendProblem(reply, toProblem(error))
}

function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof TromostError && error.code === 'DRAINING_RESTARTS') {
    return { status: 503, title: 'Not ready', detail: error.message, code: error.code }
  }
  if (error instanceof TromostError && error.code === 'TRIAL_FAILED') {
    return { status: 503, title: 'Not tried', detail: error.message, code: error.code }
  }
  const { problem } = createProblem(getCode(error), getMessage(error))
  return problem
}

function getCode(error: unknown): ProblemCode {
  if (!(error instanceof Error)) return 'INTERNAL'
  const known = 'code' in error ? CODES[String(error.code)] : undefined
  if (known !== undefined) return known
  const status = 'statusCode' in error ? Number(error.statusCode) : 500
  return status < 500 ? 'REQUEST_INVALID' : 'INTERNAL'
}
