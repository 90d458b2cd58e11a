/** The budgets of all logins and tenants. Two connections of one login share one, and so do two that come one after the other. */
import type { MqttLimits } from '../../config/mqtt-limits.ts'
import { type Allowance, Budget } from './budget.ts'

export interface Spending {
  /** For so many milliseconds nothing more is to be read; 0 for none. */
  readonly waitMs: number
  /** What was met just now. */
  readonly isMet: 'login' | 'tenant' | undefined
  /** It has gone on for too long. */
  readonly isOver: boolean
}

const FREE: Spending = { waitMs: 0, isMet: undefined, isOver: false }
/** A tenant may send at full speed what it may send in this time. */
const TENANT_BURST_SECONDS = 10
/** Nobody needs a budget that nothing was taken from. */
const SWEEP_MS = 60_000

export class Rates {
  readonly #limits: MqttLimits
  readonly #logins = new Map<string, Budget>()
  readonly #tenants = new Map<string, Budget>()
  readonly #timer: NodeJS.Timeout

  constructor(limits: MqttLimits) {
    this.#limits = limits
    this.#timer = setInterval(() => this.#sweep(performance.now()), SWEEP_MS).unref()
  }

  /** For one more connection of a credential; it is released when that ends. */
  open(id: string): Budget {
    const { messagesPerSecond, messagesBurst, bytesPerSecond, bytesBurst, ratedDevices } = this.#limits
    const messages = { perSecond: messagesPerSecond, burst: messagesBurst }
    const bytes = { perSecond: bytesPerSecond, burst: bytesBurst }
    const budget = get(this.#logins, id, () => new Budget(messages, bytes, ratedDevices))
    budget.users += 1
    return budget
  }

  /** A message of so many bytes came. */
  spend(login: Budget, tenant: string, bytes: number, now: number): Spending {
    const { tenantMessagesPerSecond, tenantBytesPerSecond, overLimitFor } = this.#limits
    const wasOver = login.overSince !== undefined
    const waitMs = login.take(bytes, now)
    const isBounded = tenantMessagesPerSecond !== undefined || tenantBytesPerSecond !== undefined
    const tenantMs = isBounded ? this.#spendTenant(tenant, bytes, now) : 0
    if (waitMs <= 0 && tenantMs <= 0) return FREE
    const { overSince } = login
    return {
      waitMs: Math.max(waitMs, tenantMs),
      isMet: overSince !== undefined && !wasOver ? 'login' : tenantMs > 0 ? 'tenant' : undefined,
      isOver: overSince !== undefined && now - overSince >= overLimitFor,
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #spendTenant(tenant: string, bytes: number, now: number): number {
    const { tenantMessagesPerSecond = 0, tenantBytesPerSecond = 0 } = this.#limits
    const create = () =>
      new Budget(toAllowance(tenantMessagesPerSecond), toAllowance(tenantBytesPerSecond), 1)
    return get(this.#tenants, tenant, create).take(bytes, now)
  }

  #sweep(now: number): void {
    for (const budgets of [this.#logins, this.#tenants])
      for (const [id, budget] of budgets) if (budget.users === 0 && budget.isFull(now)) budgets.delete(id)
  }
}

function toAllowance(perSecond: number): Allowance {
  return { perSecond, burst: perSecond * TENANT_BURST_SECONDS }
}

function get(budgets: Map<string, Budget>, id: string, create: () => Budget): Budget {
  const known = budgets.get(id)
  if (known !== undefined) return known
  const created = create()
  budgets.set(id, created)
  return created
}
