/** The address of a JSON-LD context, as it may stand between the < and > of a Link header. */
import { z } from 'zod'

const EXPECTATION = 'expected the http or https address of a JSON-LD context in plain ASCII'
/** Without space, quotation mark, angle brackets and what is beyond ASCII: an address has those percent-encoded. */
const ADDRESS = /^https?:\/\/[!#-;=?-~]+$/
const ADDRESS_OR_WORD = /^(?:none|hosted|https?:\/\/[!#-;=?-~]+)$/
const WORDS: readonly string[] = ['none', 'hosted']
const EXPECTATION_OR_WORD = `${EXPECTATION}, or none, or hosted`

export const contextAddress = z
  .string({ error: EXPECTATION })
  .regex(ADDRESS, { error: EXPECTATION, abort: true })
  .refine(text => URL.canParse(text), EXPECTATION)

/** `none`: no @context at all; `hosted`: the agent's own, at its public address. */
export const contextAddressOrWord = z
  .string({ error: EXPECTATION_OR_WORD })
  .regex(ADDRESS_OR_WORD, { error: EXPECTATION_OR_WORD, abort: true })
  .refine(text => WORDS.includes(text) || URL.canParse(text), EXPECTATION_OR_WORD)
