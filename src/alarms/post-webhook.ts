/** One request to a webhook, in the form of Standard Webhooks (https://www.standardwebhooks.com): signed, without redirects, bounded. */
import { createHmac } from 'node:crypto'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { WebhookConfig } from '../config/alarms.ts'
import type { Egress } from '../egress/egress.ts'
import { readTlsFiles } from '../uplink/tls-files.ts'

/** What is sent: the same id and body each time that it is tried. */
export interface WebhookEvent {
  readonly id: string
  /** JSON. */
  readonly body: string
  /** When it came to be, in milliseconds since the epoch. */
  readonly at: number
}

export type PostWebhook = (webhook: WebhookConfig, event: WebhookEvent) => Promise<number>

const TIMEOUT_MS = 10_000
const BASE64_MARK = 'whsec_'

/** Resolves to the status of the answer, whose body is not read. Rejects when there is none in time. */
export const createPostWebhook =
  (egress: Egress): PostWebhook =>
  (webhook, event) =>
    new Promise((resolve, reject) => {
      const { url, tls } = webhook
      const { ca, cert, key, passphrase, rejectUnauthorized } = tls === undefined ? {} : readTlsFiles(tls)
      const secure = {
        ca,
        cert,
        key,
        passphrase,
        ...(rejectUnauthorized === false && { rejectUnauthorized }),
      }
      const body = Buffer.from(event.body)
      const request = (url.startsWith('https:') ? requestSecure : requestPlain)(url, {
        ...secure,
        method: 'POST',
        headers: { ...createHeaders(webhook, event, Date.now()), 'Content-Length': body.length },
        // A connection of its own: alarms are rare, and nothing is left open.
        agent: false,
        lookup: egress.open(url),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      request.once('error', reject)
      request.once('response', response => {
        resolve(response.statusCode ?? 0)
        response.on('error', () => {})
        response.destroy()
      })
      request.end(body)
    })

export function createHeaders(
  { secret }: Pick<WebhookConfig, 'secret'>,
  { id, body }: WebhookEvent,
  nowMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'tromost',
    'Webhook-Id': id,
    'Webhook-Timestamp': timestamp,
    ...(secret !== undefined && { 'Webhook-Signature': sign(secret, `${id}.${timestamp}.${body}`) }),
  }
}

/** HMAC-SHA256 over id, time and body, so that neither can be put to another. */
function sign(secret: string, text: string): string {
  const isBase64 = secret.startsWith(BASE64_MARK)
  const key = isBase64 ? Buffer.from(secret.slice(BASE64_MARK.length), 'base64') : secret
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}
