/** `?dryRun=true`, which everything that changes something takes: the same checks and the same answer, and nothing is changed. */
import { z } from 'zod'

export const dryRunQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .describe('true: says what would be done, and does nothing.'),
})
