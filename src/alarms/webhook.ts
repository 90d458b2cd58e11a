/** What waits for one webhook: sent one after the other, tried again until it is taken, bounded, and on disk until then. */
import { createHash } from 'node:crypto'
import { Backoff } from '../backoff.ts'
import type { WebhookConfig } from '../config/alarms.ts'
import { getMessage } from '../errors.ts'
import type { Change, Engine, Key } from '../journal/engine.ts'
import { type AlarmEvent, describeAlarm } from './alarm.ts'
import type { AlarmLog } from './alarms.ts'
import type { PostWebhook, WebhookEvent } from './post-webhook.ts'

export interface WebhookOptions {
  readonly webhook: WebhookConfig
  readonly engine: Pick<Engine, 'range' | 'commit'>
  readonly log: AlarmLog
  readonly post: PostWebhook
  readonly retry?: { readonly initial: number; readonly max: number }
}

interface Waiting extends WebhookEvent {
  readonly number: number
}

export interface WebhookReport {
  /** Its origin: the rest of an address may be a secret. */
  readonly name: string
  readonly waiting: number
  /** Given up since the start: too old, too many, or refused. */
  readonly dropped: number
  /** Why it takes nothing, at present. */
  readonly trouble: string | undefined
}

/** Beside the alarms in their table. */
export const WAITING_FOR = 'webhook'
const WAITING_MAX = 5_000
/** After this long it is history, which is listed. */
const AGE_MS_MAX = 24 * 3_600_000
const CLOSE_MS = 2_000
const RETRY = { initial: 1_000, max: 300_000 }
/** Answers that speak of the sender or of the moment, and not of this one request (RFC 9110, 15.5; RFC 6585, 4). */
const TRY_AGAIN = new Set([401, 403, 404, 407, 408, 421, 425, 429])

export class Webhook {
  readonly #options: WebhookOptions
  readonly #id: string
  readonly #name: string
  readonly #waiting: Waiting[] = []
  readonly #backoff: Backoff
  #next = 0
  #dropped = 0
  #trouble: string | undefined
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #isClosed = false

  /** With what was not sent before. */
  static async open(options: WebhookOptions): Promise<Webhook> {
    const webhook = new Webhook(options)
    const within = [WAITING_FOR, webhook.#id]
    const stored = await options.engine.range('alarms', { within, from: [...within, 0], limit: WAITING_MAX })
    for (const { key, value } of stored) {
      const number = Number(key[2])
      webhook.#waiting.push({ ...(JSON.parse(value.toString()) as WebhookEvent), number })
      webhook.#next = number + 1
    }
    return webhook
  }

  private constructor(options: WebhookOptions) {
    this.#options = options
    this.#id = getWebhookId(options.webhook)
    this.#name = new URL(options.webhook.url).origin
    this.#backoff = new Backoff(options.retry ?? RETRY)
  }

  get report(): WebhookReport {
    const trouble = this.#trouble
    return { name: this.#name, waiting: this.#waiting.length, dropped: this.#dropped, trouble }
  }

  /** Gives what is to be committed for it, if it is meant for this one at all. It is sent with the next `wake`. */
  take(event: AlarmEvent): readonly Change[] {
    if (!this.#wants(event)) return []
    const waiting = { ...toWebhookEvent(event), number: this.#next++ }
    const { number, ...stored } = waiting
    this.#waiting.push(waiting)
    const added = {
      table: 'alarms',
      key: this.#toKey(number),
      value: Buffer.from(JSON.stringify(stored)),
    } as const
    if (this.#waiting.length <= WAITING_MAX) return [added]
    // The first may be under way.
    const [oldest] = this.#waiting.splice(this.#sending === undefined ? 0 : 1, 1)
    if (oldest === undefined) return [added]
    this.#drop(oldest, `more than ${WAITING_MAX} wait`)
    return [added, { table: 'alarms', key: this.#toKey(oldest.number) }]
  }

  /** There may be something to be sent. */
  wake(): void {
    if (this.#isClosed || this.#sending !== undefined || this.#timer !== undefined) return
    this.#sending = this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  /** What is under way has a moment to end; what is not sent by then is sent after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    let grace: NodeJS.Timeout | undefined
    const isOver = new Promise<void>(resolve => {
      grace = setTimeout(resolve, CLOSE_MS)
    })
    await Promise.race([this.#sending, isOver])
    clearTimeout(grace)
  }

  #wants({ alarm: { kind, tenant } }: AlarmEvent): boolean {
    const { kinds, tenants } = this.#options.webhook
    // Of a webhook that nobody answers at, it would hear last.
    if (kind === 'webhook-down') return false
    if (kinds !== undefined && !kinds.includes(kind)) return false
    return tenants === undefined || (tenant !== undefined && tenants.includes(tenant))
  }

  async #sendAll(): Promise<void> {
    for (let first = this.#waiting[0]; first !== undefined && !this.#isClosed; first = this.#waiting[0]) {
      if (!(await this.#send(first))) {
        this.#pause()
        return
      }
      this.#waiting.shift()
      await this.#forget(first)
    }
  }

  /** Whether it needs not be tried again. */
  async #send(event: Waiting): Promise<boolean> {
    if (Date.now() - event.at > AGE_MS_MAX) {
      this.#drop(event, 'it is older than a day')
      return true
    }
    try {
      const status = await this.#options.post(this.#options.webhook, event)
      if (status >= 200 && status < 300) {
        this.#recover()
        return true
      }
      if (status >= 400 && status < 500 && !TRY_AGAIN.has(status)) {
        this.#drop(event, `HTTP ${status}`)
        return true
      }
      this.#fail(
        status >= 300 && status < 400 ? `HTTP ${status}, and redirects are not followed` : `HTTP ${status}`,
      )
    } catch (error) {
      this.#fail(getMessage(error))
    }
    return false
  }

  #pause(): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.wake()
    }, this.#backoff.fail())
    this.#timer.unref()
  }

  async #forget({ number }: Waiting): Promise<void> {
    try {
      await this.#options.engine.commit([{ table: 'alarms', key: this.#toKey(number) }])
    } catch (error) {
      // It is sent once more after the next start, with the same id.
      this.#options.log.warn({
        error: getMessage(error),
        msg: 'what a webhook has taken could not be removed',
      })
    }
  }

  #recover(): void {
    this.#backoff.succeed()
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#options.log.info({ webhook: this.#name, msg: 'the webhook takes alarms again' })
  }

  #fail(trouble: string): void {
    const isNew = this.#trouble === undefined
    this.#trouble = trouble
    if (isNew)
      this.#options.log.warn({
        webhook: this.#name,
        trouble,
        msg: 'the webhook takes nothing; it is tried again',
      })
  }

  #drop({ id }: Waiting, reason: string): void {
    this.#dropped += 1
    this.#options.log.warn({
      webhook: this.#name,
      event: id,
      reason,
      msg: 'a webhook was not told of an alarm',
    })
  }

  #toKey(number: number): Key {
    return [WAITING_FOR, this.#id, number]
  }
}

/** What stays the same however the configuration is ordered, and shows nothing of the address. */
export function getWebhookId({ url }: WebhookConfig): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 16)
}

function toWebhookEvent({ state, alarm, at }: AlarmEvent): WebhookEvent {
  const body = { type: `alarm.${state}`, timestamp: new Date(at).toISOString(), data: describeAlarm(alarm) }
  // Numbers of alarms begin anew with the data folder, and times do not.
  return { id: `${alarm.id}-${state}-${at}`, body: JSON.stringify(body), at }
}
