/** The @context documents of this agent. A broker loads them without a login, and a page in a browser may as well. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { HostedDocument } from '../context/hosted.ts'
import { HOSTED_PATH } from '../context/hosted-address.ts'

export interface ContextSources {
  /** By path; undefined for a path that there is none at. */
  getContext(path: string): HostedDocument | undefined
}

/** Brokers keep a context for as long as they are told, and profiles change rarely. */
const CACHE_CONTROL = 'public, max-age=300, must-revalidate'

export function addContextRoutes(server: FastifyInstance, { getContext }: ContextSources): void {
  const send = async (request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?')
    const document = getContext(path)
    if (document === undefined) return reply.callNotFound()
    reply
      .header('ETag', document.etag)
      .header('Cache-Control', CACHE_CONTROL)
      .header('Access-Control-Allow-Origin', '*')
    if (hasTag(request.headers['if-none-match'], document.etag)) return reply.code(304).send()
    // As bytes, because to text a charset would be added, which this media type does not have.
    return reply.type('application/ld+json').send(Buffer.from(document.body))
  }
  server.get(HOSTED_PATH, send)
  server.get('/contexts/:name', send)
}

/** If-None-Match (RFC 9110, 13.1.2): one tag or several, weak or not, or any. */
function hasTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
