/** All webhooks side by side: one that does not answer holds up no other. */
import type { WebhookConfig } from '../config/alarms.ts'
import type { Change, Engine, Entry, Key } from '../journal/engine.ts'
import type { AlarmEvent } from './alarm.ts'
import type { AlarmLog } from './alarms.ts'
import type { PostWebhook } from './post-webhook.ts'
import { getWebhookId, WAITING_FOR, Webhook, type WebhookReport } from './webhook.ts'

export class Webhooks {
  readonly #webhooks: readonly Webhook[]

  static async open(
    configs: readonly WebhookConfig[],
    options: {
      readonly engine: Pick<Engine, 'range' | 'commit'>
      readonly log: AlarmLog
      readonly post: PostWebhook
    },
  ): Promise<Webhooks> {
    const opened: Webhook[] = []
    for (const webhook of configs) opened.push(await Webhook.open({ ...options, webhook }))
    await forgetOthers(options.engine, configs)
    return new Webhooks(opened)
  }

  private constructor(webhooks: readonly Webhook[]) {
    this.#webhooks = webhooks
  }

  get reports(): readonly WebhookReport[] {
    return this.#webhooks.map(({ report }) => report)
  }

  take(event: AlarmEvent): readonly Change[] {
    return this.#webhooks.flatMap(webhook => webhook.take(event))
  }

  wake(): void {
    for (const webhook of this.#webhooks) webhook.wake()
  }

  async close(): Promise<void> {
    await Promise.all(this.#webhooks.map(webhook => webhook.close()))
  }
}

const PAGE_RECORDS = 500

/** What waits for webhooks that are not configured any more. */
async function forgetOthers(
  engine: Pick<Engine, 'range' | 'commit'>,
  configs: readonly WebhookConfig[],
): Promise<void> {
  const ids = new Set<unknown>(configs.map(getWebhookId))
  let from: Key | undefined = [WAITING_FOR, '']
  while (from !== undefined) {
    const entries: readonly Entry[] = await engine.range('alarms', {
      within: [WAITING_FOR],
      from,
      limit: PAGE_RECORDS,
    })
    const others = entries.filter(({ key }) => !ids.has(key[1]))
    if (others.length > 0) await engine.commit(others.map(({ key }) => ({ table: 'alarms', key })))
    const last = entries.at(-1)?.key
    from =
      last === undefined || entries.length < PAGE_RECORDS
        ? undefined
        : [...last.slice(0, 2), Number(last[2]) + 1]
  }
}
