/** Archives over the HTTP port of a running agent, as streams, however large they are. */
import type { Readable } from 'node:stream'
import axios, { type AxiosResponse } from 'axios'
import { z } from 'zod'
import { type AgentAddress, reportUnreachable } from './agent-client.ts'
import { FAULTS_FOUND, WRONG_USE } from './report-error.ts'

interface ArchiveRequest {
  readonly method: 'get' | 'post'
  /** Below `/api/v1/`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body?: Readable
}

/** The answer as it comes; nothing where there is none, which is then told on standard error and by the exit code. */
export async function askForStream(
  { url, token }: AgentAddress,
  { method, path, query, body }: ArchiveRequest,
): Promise<Readable | undefined> {
  try {
    const response = await axios.request<Readable>({
      ...{ method, url: `${url}/api/v1/${path}`, params: query, data: body, responseType: 'stream' },
      ...{ maxRedirects: 0, maxBodyLength: Number.POSITIVE_INFINITY, proxy: false },
      validateStatus: status => status === 200 || (status >= 400 && status !== 401 && status < 600),
      headers: {
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        'Content-Type': body === undefined ? null : 'application/x-tar',
      },
    })
    if (response.status === 200) return response.data
    await reportProblem(response)
  } catch (error) {
    reportUnreachable(url, error)
  }
  return undefined
}

export async function readText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}

const problemSchema = z.object({ title: z.string(), detail: z.string(), code: z.string().optional() })

async function reportProblem({ status, data }: AxiosResponse<Readable>): Promise<void> {
  const { title, detail, code = title } = problemSchema.parse(JSON.parse(await readText(data)))
  process.exitCode = status === 400 ? WRONG_USE : FAULTS_FOUND
  console.error(`${code}: ${detail}`)
}
