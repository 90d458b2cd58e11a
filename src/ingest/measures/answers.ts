/** What the sender of a measure is told: 200 once it is on disk; for all else a problem (RFC 9457) with a code of docs/errors.md. */
import { type ServerResponse, STATUS_CODES } from 'node:http'
import { getMessage, TromostError } from '../../errors.ts'
import { getStatus, type RefusedRequest } from './refused-request.ts'

const RETRY_AFTER_SECONDS = 5

/** Nothing is told by an empty object: the FIWARE agents put commands there. */
export function answerTaken(response: ServerResponse, protocol: 'json' | 'ul'): void {
  if (response.destroyed) return
  if (protocol === 'ul') response.writeHead(200, { 'Content-Length': 0 }).end()
  else response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 2 }).end('{}')
}

export function answerProblem(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return
  const status = getStatus(error)
  const body = toProblem(status, error)
  // What is still to come of a refused body is not waited for.
  if (!response.req.complete) response.setHeader('Connection', 'close')
  if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS)
  if (status === 405) response.setHeader('Allow', 'GET, POST')
  response
    .writeHead(status, {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
    })
    .end(body)
}

/** The same where the request was not even HTTP, so that there is only a socket. */
export function writeProblem(refusal: RefusedRequest): string {
  const { status } = refusal
  const body = toProblem(status, refusal)
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

function toProblem(status: number, error: unknown): string {
  const isOurs = error instanceof TromostError
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    code: isOurs ? error.code : 'JOURNAL_FAILED',
    detail: isOurs ? error.detail : getMessage(error),
  })
}
