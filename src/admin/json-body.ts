/** JSON bodies, bounded in depth: what is parsed without harm would end whoever walks through it, or writes it again. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isDeeper } from '../decode/json-scan.ts'
import { createProblem } from './problem.ts'

/** As of the documents that people write. */
const DEPTH_MAX = 64

/** For JSON and merge patches. Keys that reach for prototypes are refused by the framework's own parser. */
export function addJsonParsers(
  api: Pick<FastifyInstance, 'getDefaultJsonParser' | 'removeContentTypeParser' | 'addContentTypeParser'>,
): void {
  const parse = api.getDefaultJsonParser('error', 'error')
  api.removeContentTypeParser('application/json')
  api.addContentTypeParser<string>(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request: FastifyRequest, text, done) => {
      if (!isDeeper(text, DEPTH_MAX)) return parse(request, text, done)
      return done(createProblem('BODY_UNREADABLE', `expected JSON of at most ${DEPTH_MAX} levels, got more`))
    },
  )
}
