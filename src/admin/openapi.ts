/** The API described by itself: `/openapi.json` (OpenAPI 3.1), made of the schemas that requests are held against, and `/docs` for people. */
import swagger from '@fastify/swagger'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Api } from './api.ts'
import { renderDocsPage, SECURITY_POLICY } from './docs-page.ts'
import { OPEN_ON_LOOPBACK } from './guard.ts'

type Json = Readonly<Record<string, unknown>>

const DESCRIPTION = `Tromost takes in what sensors send and delivers it to a context broker. Requests and answers are JSON; what is wrong is told as
application/problem+json (RFC 9457) with a code and a pointer to each place. Unknown keys are refused. docs/api.md is the guide.`

/** What stands in the place of a value that is written as in a file: the input side of its schema, which an answer would not be described by. */
const WRITTEN = 'x-written-as'

/** An answer that says a thing as the files say it, by the schema of that, which has a name. */
export function asWritten(schema: z.ZodType): z.ZodType<unknown> {
  return z.unknown().meta({ [WRITTEN]: z.globalRegistry.get(schema)?.id })
}

const zodToJsonConfig = {
  override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    const written = jsonSchema[WRITTEN]
    if (written === undefined) return
    delete jsonSchema[WRITTEN]
    jsonSchema['$ref'] = `#/components/schemas/${written}Input`
  },
}

/** Before the routes, which it hears of. */
export async function describeApi(api: Api, version: string): Promise<void> {
  const complete = createJsonSchemaTransformObject({ zodToJsonConfig })
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tromost',
        version,
        description: DESCRIPTION,
        license: { name: 'EUPL-1.2', identifier: 'EUPL-1.2' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: document => dropUnused(complete(document)),
  })
}

export function addDocsRoutes(api: Api): void {
  const answers = {
    json: {
      description: 'This document.',
      content: { 'application/json': { schema: z.record(z.string(), z.unknown()) } },
    },
    page: { description: 'The document as a page.', content: { 'text/html': { schema: z.string() } } },
  }
  api.get(
    '/openapi.json',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'The API, described by itself', tags: ['about'], response: { 200: answers.json } },
    },
    async () => api.swagger() as unknown as Json,
  )
  api.get(
    '/docs',
    {
      ...OPEN_ON_LOOPBACK,
      schema: { summary: 'The API, described for people', tags: ['about'], response: { 200: answers.page } },
    },
    async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('Content-Security-Policy', SECURITY_POLICY)
        .header('Referrer-Policy', 'no-referrer')
        .send(renderDocsPage(api.swagger() as unknown as Json)),
  )
}

/** All schemas that have a name are there at first, also those of files that no route speaks of. */
function dropUnused<D extends object>(document: D): D {
  const { components, ...rest } = document as { readonly components?: Json }
  const schemas = (components?.['schemas'] ?? {}) as Json
  const used = new Set<string>()
  const collect = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name) || schemas[name] === undefined) continue
      used.add(name)
      collect(schemas[name])
    }
  }
  collect(rest)
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)))
  return { ...document, components: { ...components, schemas: kept } }
}
