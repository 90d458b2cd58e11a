/** Whoever administrates a running agent, over HTTP alone: remembers every answer, for those who look through them. */

export interface AdminAnswer {
  readonly status: number
  readonly headers: Headers
  /** As it came. */
  readonly text: string
  /** What its JSON says; empty where it is none. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Asked {
  /** A text or bytes are sent as they are. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export class AdminClient {
  readonly texts: string[] = []
  readonly #url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  /** The same agent with another token. */
  as(token: string): AdminClient {
    return new AdminClient(this.#url, token)
  }

  async ask(method: string, path: string, { body, headers = {} }: Asked = {}): Promise<AdminAnswer> {
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const isPlain = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#token}`, ...type, ...headers },
      ...(body !== undefined && {
        body: isPlain ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body),
      }),
    })
    const text = await response.text()
    this.texts.push(text)
    return { status: response.status, headers: response.headers, text, body: parse(text) }
  }

  /** Throws the problem of whatever is not done. */
  async get(path: string): Promise<AdminAnswer['body']> {
    return this.#done('GET', path, {})
  }

  /** Throws the problem of whatever is not done. */
  async post(path: string, body: unknown, headers: Asked['headers'] = {}): Promise<AdminAnswer['body']> {
    return this.#done('POST', path, { body, headers })
  }

  /** A role of one tenant, or of all; gives the token, which is shown once. */
  async makeToken(token: { readonly name: string; readonly role: string; readonly tenant?: string }) {
    return String((await this.post('/api/v1/tokens', token))['token'])
  }

  async #done(method: string, path: string, asked: Asked): Promise<AdminAnswer['body']> {
    const { status, text, body } = await this.ask(method, path, asked)
    if (status >= 300) throw new Error(`expected ${method} ${path} to be done, got ${status} ${text}`)
    return body
  }
}

function parse(text: string): AdminAnswer['body'] {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
