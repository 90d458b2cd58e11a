/** The address of a JSON-LD context, as it may stand between the < and > of a Link header. */
import { z } from 'zod'

const EXPECTATION = 'expected the http or https address of a JSON-LD context in plain ASCII'
/** Without space, quotation mark, angle brackets and what is beyond ASCII: an address has those percent-encoded. */
const ADDRESS = /^https?:\/\/[!#-;=?-~]+$/
const ADDRESS_OR_WORD = /^(?:none|expanded|hosted|https?:\/\/[!#-;=?-~]+)$/

export const contextAddress = z
  .string({ error: EXPECTATION })
  .regex(ADDRESS, { error: EXPECTATION, abort: true })
  .refine(text => URL.canParse(text), EXPECTATION)

const CHOICES = `${EXPECTATION}, none, expanded, or hosted`

/** An address; `none`: no @context at all; `expanded`: full names in place of it; `hosted`: the agent's own, at its public address. */
export const destinationContext = z
  .string({ error: CHOICES })
  .regex(ADDRESS_OR_WORD, { error: CHOICES, abort: true })
  .refine(text => !text.includes(':') || URL.canParse(text), CHOICES)
