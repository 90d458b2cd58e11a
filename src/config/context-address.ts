/** The address of a JSON-LD context, as it may stand between the < and > of a Link header. */
import { z } from 'zod'

/** Printable ASCII without space, quotation mark and angle brackets; a letter beyond that is percent-encoded in an address. */
const ADDRESS = /^https?:\/\/[!#-;=?-~]+$/
export const CONTEXT_EXPECTATION = 'expected the http or https address of a JSON-LD context in plain ASCII'

export const contextAddress = z
  .url({ error: CONTEXT_EXPECTATION, abort: true })
  .regex(ADDRESS, CONTEXT_EXPECTATION)
