/** Lists in pages: `limit`, and a cursor that nobody can read or make but us. */
import { z } from 'zod'
import { createProblem } from './problem.ts'
import type { Seals } from './seals.ts'

const LIMIT_MAX = 1_000
const CURSOR_CHARS_MAX = 2_048

/** Part of the query of every list. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100).describe('Entries of a page.'),
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_CHARS_MAX)
    .optional()
    .describe('`next` of the page before, with the same filter and order.'),
}

/** Part of the answer of every list. */
export const nextSchema = z
  .string()
  .optional()
  .describe(
    'The cursor of the next page; absent on the last one, and a page may be the last one though it is full.',
  )

/** What is asked for, but for the page: a cursor holds for one list in one order only. */
type Listing = Readonly<Record<string, unknown>>

export class Cursors {
  readonly #seals: Seals

  constructor(seals: Seals) {
    this.#seals = seals
  }

  /** `at` is the last entry of the page, in the words of the list. */
  make(list: string, query: Listing, at: unknown): string {
    const text = Buffer.from(JSON.stringify(at)).toString('base64url')
    return this.#seals.seal(toPurpose(list, query), text)
  }

  /** Where the page before ended; nothing for the first one. Throws what is answered to a cursor that is not ours. */
  read<S extends z.ZodType>(
    list: string,
    query: Listing & { readonly cursor?: string | undefined },
    schema: S,
  ): z.output<S> | undefined {
    const { cursor } = query
    if (cursor === undefined) return undefined
    const text = this.#seals.open(toPurpose(list, query), cursor)
    const at = text === undefined ? undefined : schema.safeParse(parse(text))
    if (at?.success === true) return at.data
    const problem = 'expected `next` of a page of this very list, got something else'
    throw createProblem('CURSOR_INVALID', `cursor: ${problem}`, [
      { in: 'query', pointer: '#/cursor', detail: problem },
    ])
  }
}

function toPurpose(list: string, query: Listing): string {
  const { limit: _limit, cursor: _cursor, ...filter } = query
  const given = Object.entries(filter).filter(([, value]) => value !== undefined)
  return JSON.stringify([list, given.sort(([a], [b]) => (a < b ? -1 : 1))])
}

function parse(text: string): unknown {
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}
