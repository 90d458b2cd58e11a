/** The part of the table of errors (errors.ts) that requests to port 4041 are answered with. */

export const ADMIN_ERRORS = {
  ACCESS_REFUSED: {
    message: 'A request to port 4041 gave no token, or one that is not taken.',
    remedy:
      'Give a token as Authorization: Bearer (`--token`, TROMOST_TOKEN). The log says why one was refused; docs/access.md says how to get one.',
  },
  ROLE_TOO_SMALL: {
    message: 'Who asks is known, and has no right to do this.',
    remedy: 'Use a token with a larger role, or have the group of the person given one (http.oidc.roles).',
  },
  LOGIN_LOCKED: {
    message: 'Ten logins from this address have failed, so none is taken for five minutes.',
    remedy:
      'Correct the token of the program that asks, and wait as Retry-After says; the log has the address.',
  },
  LOGIN_UNAVAILABLE: {
    message: 'The OpenID Connect issuer does not answer, so its tokens cannot be checked.',
    remedy: 'See that the agent reaches http.oidc.issuer. Tokens of the agent itself are taken meanwhile.',
  },
  ORIGIN_FOREIGN: {
    message: 'A page of another site tried to change something.',
    remedy: 'Nothing was changed. A program that means it sends Authorization: Bearer.',
  },
  TOKEN_IN_URL: {
    message: 'A request had a token in its address.',
    remedy: 'Send it as Authorization: Bearer, and rotate that token: addresses are kept in logs.',
  },
  TRIAL_FAILED: {
    message: 'A profile could not be tried: it took too long or too much memory, or too many wait.',
    remedy: 'Try it again in a moment; if it fails again, correct the draft or its script.',
  },
  TENANT_UNKNOWN: {
    message: 'There is no such tenant, or who asks has no right to it.',
    remedy: 'Correct the id of the tenant, or use a token of that tenant or of the whole agent.',
  },
  TOKEN_UNKNOWN: {
    message: 'There is no token with this id, or who asks has no right to it.',
    remedy: '`tromost token list` shows those that there are.',
  },
  TOKEN_NAME_TAKEN: {
    message: 'Another token of the tenant has this name.',
    remedy: 'Choose another name, or rotate the token that has it.',
  },
  TOKEN_LAST: {
    message: 'It is the last token of an admin of the whole agent.',
    remedy: 'Make another one first, or rotate this one.',
  },
  TOKENS_FULL: {
    message: 'There are 10,000 tokens.',
    remedy: 'Revoke those that are not used: `tromost token list` shows when each was last used.',
  },
  ARCHIVE_INVALID: {
    message: 'What is to be imported is no export, or is not as it was written.',
    remedy: 'Export again, and send the file as it is; the detail says where it differs. Nothing was taken.',
  },
  ARCHIVE_NEWER: {
    message: 'What is to be imported was written in a later format.',
    remedy: 'Import it with the version of Tromost that wrote it, or a later one. Nothing was taken.',
  },
  TRANSFER_RUNNING: {
    message: 'Another municipality is being imported.',
    remedy: 'Send it again when that one has ended.',
  },
  IMPORT_REFUSED: {
    message: 'A tenant cannot be taken as the archive has it.',
    remedy:
      'Do what the detail says, such as making a destination with its secrets first, and import again; what was taken already is not taken twice.',
  },
} as const
