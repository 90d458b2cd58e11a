/** The problems of requests, by code: each with its HTTP status, and what the client should do. docs/api.md is the same table; a test holds them equal. */

export const PROBLEMS = {
  REQUEST_INVALID: {
    status: 400,
    title: 'The request is not as expected',
    remedy: 'Correct what `errors` names.',
  },
  UNKNOWN_KEY: {
    status: 400,
    title: 'The request has keys that are not known',
    remedy: 'Leave out or correct the keys that `errors` names; nothing is ignored silently.',
  },
  BODY_UNREADABLE: {
    status: 400,
    title: 'The body cannot be read',
    remedy: 'Send well-formed JSON in UTF-8.',
  },
  CURSOR_INVALID: {
    status: 400,
    title: 'The cursor is not one of ours',
    remedy:
      'Send `next` of the page before as it is, with the same filter and order; or begin without a cursor.',
  },
  ETAG_INVALID: {
    status: 400,
    title: 'The entity tag is not one of ours',
    remedy: 'Send the `ETag` of the last answer as it is.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    remedy: 'See that the address is right; what belongs to another tenant is not there either.',
  },
  EXISTS: {
    status: 409,
    title: 'It is there already',
    remedy: 'Take another id, or change what is there with `PUT` or `PATCH`.',
  },
  FROM_FILE: {
    status: 409,
    title: 'It comes from a file',
    remedy: 'Change it in the file that the detail names; the agent takes that up within a second.',
  },
  IN_USE: {
    status: 409,
    title: 'It is in use',
    remedy: 'Remove or change first what `errors` names.',
  },
  IDEMPOTENCY_KEY_BUSY: {
    status: 409,
    title: 'The first request with this Idempotency-Key is under way',
    remedy: 'Send it again after a moment: it gets the answer of the first one.',
  },
  SECRET_SHOWN: {
    status: 409,
    title: 'The request was done, and its answer showed a secret',
    remedy: 'Ask for a new password, or make or rotate the token, with a new Idempotency-Key.',
  },
  PROFILE_UNFIT: {
    status: 409,
    title: 'The version cannot be used',
    remedy: 'Correct what `errors` names, and save it as the next version.',
  },
  CHANGED: {
    status: 412,
    title: 'It has changed meanwhile',
    remedy: 'Read it again, and send the change with its new `ETag`.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send less at once.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    status: 415,
    title: 'The body has a type that is not taken here',
    remedy: 'Send JSON with `Content-Type: application/json`.',
  },
  ENCODING_UNSUPPORTED: {
    status: 415,
    title: 'The body is compressed',
    remedy: 'Send it as it is, without `Content-Encoding`.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    remedy: 'Take a new key for each new request.',
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    title: 'If-Match is missing',
    remedy: 'Read it first, and send its `ETag` as `If-Match`; `*` changes whatever is there.',
  },
  LISTENERS_FULL: {
    status: 429,
    title: 'As many listen to messages as may',
    remedy: 'End one of those that listen (`tromost tail`), or ask for the last messages of a device.',
  },
  INTERNAL: {
    status: 500,
    title: 'Internal error',
    remedy: 'See the log of the agent, and report it.',
  },
  NOT_READY: {
    status: 503,
    title: 'Not ready',
    remedy: 'Ask again in a moment.',
  },
} as const

export type ProblemCode = keyof typeof PROBLEMS
