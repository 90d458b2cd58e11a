/** The OpenAPI document of a server, and real answers held against it. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Answer, TestHttp } from './test-http.ts'

interface Operation {
  readonly summary?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

export class OpenApiDocument {
  readonly document: Document
  readonly #ajv = new Ajv2020({ strictSchema: true, allowUnionTypes: true, allErrors: true, logger: false })

  private constructor(document: Document) {
    this.document = document
    addFormats.default(this.#ajv)
    this.#ajv.addKeyword('components')
    this.#ajv.addFormat('base64', /^[A-Za-z0-9+/]*={0,2}$/)
  }

  static async read(http: TestHttp): Promise<OpenApiDocument> {
    return new OpenApiDocument((await http.get('/openapi.json')).body as Document)
  }

  /** Each as `GET /path/{name}`. */
  get operations(): readonly string[] {
    return Object.entries(this.document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
    )
  }

  /** The operation that a request is; nothing where it is none that is described. */
  find(method: string, path: string): string | undefined {
    const [bare = ''] = path.split('?')
    const fits = this.operations.filter(operation => {
      const [verb, template = ''] = operation.split(' ')
      const pattern = template
        .split('/')
        .map(level => (level.startsWith('{') ? '[^/]+' : level.replace(/\W/g, '\\$&')))
      return verb === method && new RegExp(`^${pattern.join('/')}$`).test(bare)
    })
    return fits.sort((a, b) => a.split('{').length - b.split('{').length)[0]
  }

  /** What is wrong with an answer by what is said of it. */
  findFaults(operation: string, { status, type, body }: Answer): readonly string[] {
    const [method = '', path = ''] = operation.split(' ')
    const { responses } = this.document.paths[path]?.[method.toLowerCase()] ?? { responses: {} }
    const name = Object.hasOwn(responses, status) ? String(status) : 'default'
    const [media = ''] = type.split(';')
    const { content } = responses[name] ?? {}
    if (status === 304 || status === 204)
      return content === undefined || body === '' ? [] : ['expected no body']
    const { schema } = content?.[media] ?? {}
    if (schema === undefined) return [`${status} ${media}: not described`]
    if (name === 'default' && status < 400) return [`${status}: expected to be described on its own`]
    const { components } = this.document
    const validate = this.#ajv.compile({ allOf: [schema], components })
    if (validate(body)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${status} ${instancePath}: ${message} ${JSON.stringify(params)}`,
    )
  }
}
