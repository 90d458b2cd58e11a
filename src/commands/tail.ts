/** `tromost tail`: messages of a running agent as they are settled, a line each, to the answer of the broker. */
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import axios from 'axios'
import { z } from 'zod'
import { toKeyValues } from '../map/key-values.ts'
import type { Entity } from '../reading.ts'
import type { TracedMessage } from '../trace/traced-message.ts'
import { reportUnreachable } from './agent-client.ts'
import { WRONG_USE } from './report-error.ts'

export interface TailOptions {
  readonly url: string
  readonly token?: string | undefined
  readonly tenant?: string | undefined
  readonly device?: string | undefined
  readonly json: boolean
}

const problemSchema = z.object({ detail: z.string() })

/** Goes on until it is told to stop, or until the agent ends. */
export async function runTail({ url, token, tenant, device, json }: TailOptions): Promise<void> {
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
  try {
    const { status, data } = await axios.get<Readable>(`${url}/api/v1/messages/tail`, {
      params: { tenant, device },
      responseType: 'stream',
      signal: stopped.signal,
      maxRedirects: 0,
      proxy: false,
      validateStatus: code => code === 200 || code === 400,
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    })
    if (status === 400) return await reportWrongUse(data)
    for await (const line of createInterface({ input: data })) print(line, json)
    throw new Error('the agent has ended')
  } catch (error) {
    if (stopped.signal.aborted) return
    reportUnreachable(url, error)
  }
}

async function reportWrongUse(body: Readable): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(Buffer.from(part))
  process.exitCode = WRONG_USE
  console.error(problemSchema.parse(JSON.parse(Buffer.concat(parts).toString())).detail)
}

/** An empty line is only a sign of life. */
function print(line: string, json: boolean): void {
  if (line === '') return
  if (json) console.log(line)
  else console.log(formatLine(JSON.parse(line) as TracedMessage | { readonly dropped: number }))
}

export function formatLine(line: TracedMessage | { readonly dropped: number }): string {
  if ('dropped' in line) return `… and ${line.dropped} more, too many to show`
  const { receivedAt, tenant, device, topic, entities, payload, destinations } = line
  const what = entities?.length ? entities.map(describeEntity).join('; ') : (payload.text ?? payload.hex)
  const where = destinations.map(delivery => describeDelivery(delivery, receivedAt)).join('; ')
  return `${receivedAt} ${tenant}/${device === '' ? topic : device}  ${toOneLine(what)} → ${toOneLine(where)}`
}

function describeEntity(entity: Entity): string {
  const { id: _id, type, ...attributes } = toKeyValues(entity)
  const values = Object.entries(attributes).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [String(type), ...values].join(' ')
}

function describeDelivery(
  { destination, outcome, code, detail, settledAt, answers }: TracedMessage['destinations'][number],
  receivedAt: string,
): string {
  const reason = code === undefined ? '' : ` ${code}: ${detail}`
  const time = settledAt === undefined ? '' : ` in ${Date.parse(settledAt) - Date.parse(receivedAt)} ms`
  const status = [...new Set(answers.flatMap(answer => answer.status ?? []))].map(number => `HTTP ${number}`)
  const words = code === undefined ? [...status, ...new Set(answers.map(answer => answer.words))] : []
  return `${destination}: ${outcome}${reason}${time}${words.length === 0 ? '' : ` (${words.join(', ')})`}`
}

/** What a device or a broker sent does not steer the terminal. */
function toOneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
