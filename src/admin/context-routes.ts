/** The @context documents of this agent. A broker loads them without a login, and a page in a browser may as well. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { HostedDocument } from '../context/hosted.ts'
import { HOSTED_PATH } from '../context/hosted-address.ts'
import type { Api } from './api.ts'
import { hasTag, NOT_MODIFIED } from './entity-tags.ts'

export interface ContextSources {
  /** By path; undefined for a path that there is none at. */
  getContext(path: string): HostedDocument | undefined
}

/** Brokers keep a context for as long as they are told, and profiles change rarely. */
const CACHE_CONTROL = 'public, max-age=300, must-revalidate'

const DOCUMENT = {
  description: 'A JSON-LD @context.',
  content: { 'application/ld+json': { schema: z.object({ '@context': z.unknown() }) } },
}

export function addContextRoutes(api: Api, { getContext }: ContextSources): void {
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
  const schema = {
    tags: ['contexts'],
    security: [],
    // A broker asks for the address as it stands in an entity, whatever a proxy has added to it.
    querystring: z.looseObject({}),
    response: { 200: DOCUMENT, 304: NOT_MODIFIED },
  }
  api.get(HOSTED_PATH, { schema: { ...schema, summary: 'All names in one @context' } }, send)
  api.get(
    '/contexts/:name',
    {
      schema: {
        ...schema,
        summary: 'The @context that stands for a published one',
        params: z.object({ name: z.string() }),
      },
    },
    send,
  )
}
