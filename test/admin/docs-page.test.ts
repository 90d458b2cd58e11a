import { createHash } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import { renderDocsPage } from '../../src/admin/docs-page.ts'
import { TestHttp } from './test-http.ts'

let http: TestHttp | undefined

afterEach(() => http?.close())

test('the page names every route and every schema, and its links lead somewhere', async () => {
  http = await TestHttp.open()
  const { type, body } = await http.get('/docs')
  expect(type).toBe('text/html; charset=utf-8')
  const page = String(body)
  for (const route of http.routes)
    expect(page).toContain(`<h3><code>${route.replaceAll("'", '&#39;')}</code></h3>`)
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
  expect(links).toContain('schema-problem')
  expect(links.filter(link => !ids.includes(link))).toEqual([])
  expect(ids).toHaveLength(new Set(ids).size)
})

test('nothing but its own style is allowed on it', async () => {
  http = await TestHttp.open()
  const { headers, body } = await http.get('/docs')
  const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(String(body)) ?? []
  const hash = createHash('sha256').update(style).digest('base64')
  expect(headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  expect(String(body)).not.toMatch(/<script|<link|<img| on\w+=| style=|javascript:/i)
})

test('whatever stands in the document is text on the page', () => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>\'&'
  const page = renderDocsPage({
    info: { title: evil, version: evil, description: evil },
    paths: {
      [`/${evil}`]: {
        get: {
          summary: evil,
          description: evil,
          tags: [evil],
          parameters: [{ name: evil, in: evil, description: evil, schema: { enum: [evil] } }],
          requestBody: { content: { [evil]: { schema: { description: evil } } } },
          responses: { [evil]: { description: evil, content: { [evil]: { schema: { $ref: evil } } } } },
        },
      },
    },
    components: { schemas: { [evil]: { description: evil } } },
  })
  expect(page).not.toMatch(/<img|<script|">'|'&[^#]/)
  expect(page).toContain('&#60;script&#62;')
})
