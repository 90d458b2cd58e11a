/** Asks a running agent over its HTTP port, as `--url` and `--token` say. */
import axios, { type AxiosResponse } from 'axios'
import { z } from 'zod'
import { getMessage } from '../errors.ts'
import { FAULTS_FOUND, NOT_REACHABLE, WRONG_USE } from './report-error.ts'

export interface AgentAddress {
  readonly url: string
  readonly token?: string | undefined
}

export interface AgentRequest<S extends z.ZodType> {
  readonly method: 'get' | 'post' | 'delete'
  /** Below `/api/v1/`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Of a body that is sent as it is. */
  readonly type?: string
  /** The answer is a file, which is taken as it is. */
  readonly isText?: boolean
  /** Of the answer. */
  readonly schema: S
}

const TIMEOUT_MS = 30_000

/** What an agent answers that can be reached, and does not do what was asked. */
const PROBLEMS: readonly number[] = [400, 403, 404, 409, 413, 415, 422, 429]

const problemSchema = z.object({ title: z.string(), detail: z.string(), code: z.string().optional() })

/** The answer; nothing where there is none, which is then told on standard error and by the exit code. */
export async function askAgent<S extends z.ZodType>(
  { url, token }: AgentAddress,
  { method, path, query = {}, body, type, isText = false, schema }: AgentRequest<S>,
): Promise<z.output<S> | undefined> {
  try {
    const response = await axios.request<unknown>({
      ...{ method, url: `${url}/api/v1/${path}`, params: query, data: body },
      timeout: TIMEOUT_MS,
      maxRedirects: 0,
      proxy: false,
      validateStatus: status => status < 300 || PROBLEMS.includes(status),
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        // Without a body axios would call it a form.
        ...((type !== undefined || body === undefined) && { 'Content-Type': type ?? null }),
      },
      ...(isText && { responseType: 'text', transformResponse: (text: string) => text }),
    })
    if (response.status < 300) return schema.parse(response.data)
    reportProblem(response)
  } catch (error) {
    reportUnreachable(url, error)
  }
  return undefined
}

export function reportUnreachable(url: string, error: unknown): void {
  process.exitCode = NOT_REACHABLE
  console.error(`AGENT_UNREACHABLE: ${url}: ${getMessage(error)}`)
}

function reportProblem({ status, data }: AxiosResponse<unknown>): void {
  const problem = typeof data === 'string' ? JSON.parse(data) : data
  const { title, detail, code = title } = problemSchema.parse(problem)
  process.exitCode = status === 400 ? WRONG_USE : FAULTS_FOUND
  console.error(`${code}: ${detail}`)
}
