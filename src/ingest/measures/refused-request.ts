/** Why a request for measures was not taken: an error code of ours, and the HTTP status that says so to a client. */
import { type ErrorCode, TromostError } from '../../errors.ts'

export class RefusedRequest extends TromostError {
  readonly status: number

  constructor(status: number, code: ErrorCode, detail: string) {
    super(code, detail)
    this.name = 'RefusedRequest'
    this.status = status
  }
}

/** The HTTP status of anything that was thrown or answered. What the journal could not keep may be sent again later. */
export function getStatus(error: unknown): number {
  return error instanceof RefusedRequest ? error.status : 503
}
