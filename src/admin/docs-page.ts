/** The OpenAPI document as one page of HTML: no script, no style from elsewhere, every text escaped. */
import { createHash } from 'node:crypto'
import { z } from 'zod'

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .5rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
section { margin: 2rem 0; }
h3 code { font-size: 1.1rem; }
nav ul { columns: 20rem; }
`

export const SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const mediaSchema = z.object({ schema: z.unknown().optional() })
const operationSchema = z.object({
  summary: z.string().default(''),
  description: z.string().default(''),
  tags: z.array(z.string()).default(['other']),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().default(false),
        description: z.string().default(''),
        schema: z.unknown().optional(),
      }),
    )
    .default([]),
  requestBody: z.object({ content: z.record(z.string(), mediaSchema) }).optional(),
  responses: z
    .record(
      z.string(),
      z.object({
        description: z.string().default(''),
        content: z.record(z.string(), mediaSchema).default({}),
      }),
    )
    .default({}),
})
const documentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string().default('') }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()).default({}) }).optional(),
})

interface Route {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly operation: z.output<typeof operationSchema>
}

export function renderDocsPage(document: unknown): string {
  const { info, paths, components } = documentSchema.parse(document)
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      id: `${method}-${path.replace(/[^A-Za-z0-9]+/g, '-')}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )
  const tags = [...new Set(routes.map(getTag))].sort()
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escapeHtml(info.title)}: API</title><style>${STYLE}</style></head><body>`,
    `<h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}: API</h1>`,
    `<p>${escapeHtml(info.description)}</p>`,
    '<p>As a document for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>',
    hasProblem(components)
      ? '<p>What is wrong is answered as <a href="#schema-problem">problem</a>.</p>'
      : '',
    `<nav>${tags.map(tag => renderIndex(tag, routes)).join('')}<p><a href="#schemas">Schemas</a></p></nav><main>`,
    ...tags.flatMap(tag => [
      `<h2>${escapeHtml(tag)}</h2>`,
      ...routes.filter(route => getTag(route) === tag).map(renderRoute),
    ]),
    '<h2 id="schemas">Schemas</h2>',
    ...Object.entries(components?.schemas ?? {}).map(renderSchema),
    '</main></body></html>\n',
  ].join('\n')
}

function hasProblem(components: z.output<typeof documentSchema>['components']): boolean {
  return components?.schemas['problem'] !== undefined
}

function getTag({ operation: { tags } }: Route): string {
  return tags[0] ?? 'other'
}

function renderIndex(tag: string, routes: readonly Route[]): string {
  const items = routes
    .filter(route => getTag(route) === tag)
    .map(
      ({ id, method, path }) =>
        `<li><a href="#${escapeHtml(id)}"><code>${escapeHtml(`${method} ${path}`)}</code></a></li>`,
    )
  return `<p>${escapeHtml(tag)}</p><ul>${items.join('')}</ul>`
}

function renderRoute({ id, method, path, operation }: Route): string {
  const { summary, description, parameters, requestBody, responses } = operation
  return [
    `<section id="${escapeHtml(id)}"><h3><code>${escapeHtml(`${method} ${path}`)}</code></h3>`,
    `<p>${escapeHtml(summary)}</p>`,
    description === '' ? '' : `<p>${escapeHtml(description)}</p>`,
    parameters.length === 0 ? '' : renderParameters(parameters),
    requestBody === undefined ? '' : `<p>Body</p>${renderContent(requestBody.content)}`,
    ...Object.entries(responses)
      .filter(([status]) => status !== 'default')
      .map(
        ([status, answer]) =>
          `<p>Answer ${escapeHtml(status)}: ${escapeHtml(answer.description)}</p>${renderContent(answer.content)}`,
      ),
    '</section>',
  ].join('\n')
}

function renderParameters(parameters: Route['operation']['parameters']): string {
  const rows = parameters.map(
    ({ name, in: place, required, description, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(place)}${required ? ', needed' : ''}</td>` +
      `<td>${escapeHtml(description)}</td><td><code>${escapeHtml(JSON.stringify(schema) ?? '')}</code></td></tr>`,
  )
  return `<table><tr><th>parameter</th><th>in</th><th>what</th><th>schema</th></tr>${rows.join('')}</table>`
}

function renderContent(content: Readonly<Record<string, z.output<typeof mediaSchema>>>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<p><code>${escapeHtml(type)}</code></p><pre>${renderJson(schema)}</pre>`)
    .join('')
}

function renderSchema([name, schema]: readonly [string, unknown]): string {
  const title = `<h3><code>${escapeHtml(name)}</code></h3>`
  return `<section id="schema-${escapeHtml(name)}">${title}<pre>${renderJson(schema)}</pre></section>`
}

/** Names of schemas lead to them. */
function renderJson(value: unknown): string {
  const json = escapeHtml(JSON.stringify(value, null, 2) ?? '')
  return json.replace(
    /#\/components\/schemas\/([A-Za-z0-9_.-]+)/g,
    (reference, name: string) => `<a href="#schema-${name}">${reference}</a>`,
  )
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
