/** The answer to what leaves nothing to be told: 204. */
import { z } from 'zod'

export const NOTHING = z.undefined().describe('Done.')
