/** The address of a JSON-LD context, as it may stand between the < and > of a Link header. */
import { z } from 'zod'

const EXPECTATION = 'expected the http or https address of a JSON-LD context in plain ASCII'
/** Without space, quotation mark, angle brackets and what is beyond ASCII: an address has those percent-encoded. */
const ADDRESS = /^https?:\/\/[!#-;=?-~]+$/
const ADDRESS_OR_NONE = /^(?:none|https?:\/\/[!#-;=?-~]+)$/

export const contextAddress = z
  .string({ error: EXPECTATION })
  .regex(ADDRESS, { error: EXPECTATION, abort: true })
  .refine(text => URL.canParse(text), EXPECTATION)

export const contextAddressOrNone = z
  .string({ error: `${EXPECTATION}, or none` })
  .regex(ADDRESS_OR_NONE, { error: `${EXPECTATION}, or none`, abort: true })
  .refine(text => text === 'none' || URL.canParse(text), `${EXPECTATION}, or none`)
