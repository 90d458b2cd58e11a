/** Which state of a thing a client has seen (RFC 9110, 8.8.3 and 13.1): so that two who change it at once do not undo each other. */
import { z } from 'zod'
import { createProblem } from './problem.ts'
import type { Seals } from './seals.ts'

/** The headers of whatever changes a thing that has a tag. */
export const ifMatchHeaders = z.looseObject({
  'if-match': z.string().optional().describe('The `ETag` of the state that is changed, or `*`. Needed.'),
})

export const ifNoneMatchHeaders = z.looseObject({
  'if-none-match': z.string().optional().describe('An `ETag`: 304 where it is still the one.'),
})

/** The answer to who has it already. */
export const NOT_MODIFIED = z.undefined().describe('It is still the one of If-None-Match.')

export class EntityTags {
  readonly #seals: Seals

  constructor(seals: Seals) {
    this.#seals = seals
  }

  /** `thing` names it among all that there is. */
  make(thing: string, state: string): string {
    return `"${this.#seals.seal(thing, state)}"`
  }

  /** The states that a change is meant for; undefined for whichever there is. Throws 428 without a header, and 400 for a tag that is not ours. */
  readIfMatch(thing: string, header: string | undefined): readonly string[] | undefined {
    if (header === undefined) {
      throw createProblem(
        'PRECONDITION_REQUIRED',
        'expected If-Match with the ETag of what is changed, got nothing',
      )
    }
    const tags = splitTags(header)
    if (tags.includes('*')) return undefined
    return tags.map(tag => this.#open(thing, tag))
  }

  #open(thing: string, tag: string): string {
    // A weak one says that two states mean the same, which is not enough to change one (RFC 9110, 13.1.1).
    const [, sealed] = /^"([^"]*)"$/.exec(tag) ?? []
    const state = sealed === undefined ? undefined : this.#seals.open(thing, sealed)
    if (state !== undefined) return state
    const problem = 'expected the ETag of this very thing, got another text'
    throw createProblem('ETAG_INVALID', `If-Match: ${problem}`, [
      { in: 'header', pointer: '#/if-match', detail: problem },
    ])
  }
}

/** If-None-Match (RFC 9110, 13.1.2): one tag or several, weak or not, or any. */
export function hasTag(header: string | undefined, etag: string): boolean {
  const tags = splitTags(header ?? '').map(tag => tag.replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

function splitTags(header: string): readonly string[] {
  return header.split(',').map(tag => tag.trim())
}
