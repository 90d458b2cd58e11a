/** What the broker keeps for one client beyond its connection: subscriptions, what waits for it, and what it has not released yet. */
import type { Subscription } from 'aedes'
import { type QueueBounds, WaitingQueue } from './waiting-queue.ts'

export type KeptSubscription = Pick<Subscription, 'topic' | 'qos'>

export class KeptSession {
  readonly tenant: string
  readonly subscriptions = new Map<string, KeptSubscription>()
  readonly queue: WaitingQueue

  constructor(tenant: string, bounds: QueueBounds) {
    this.tenant = tenant
    this.queue = new WaitingQueue(bounds)
  }
}
