/** Slows those down who guess: each failure from an address is answered later than the one before, and so many lock it for a while. */
import { isIPv6 } from 'node:net'
import { rememberLatest } from './remember.ts'

export interface Failure {
  /** How long to wait before it is answered. */
  readonly delayMs: number
  /** Whether this one has locked the address. */
  readonly locks: boolean
}

interface Entry {
  readonly failures: number
  readonly at: number
  readonly lockedUntil: number
}

const FIRST_DELAY_MS = 100
const DELAY_MS_MAX = 5_000
/** Failures that are so long ago do not count any more. */
const MEMORY_MS = 15 * 60_000
/** Beyond that the address that failed longest ago is forgotten. */
const ADDRESSES_MAX = 10_000

export interface LoginBounds {
  /** 0 for any number. */
  readonly failuresMax: number
  readonly lockMs: number
}

export class LoginThrottle {
  readonly #now: () => number
  readonly #bounds: LoginBounds
  /** In the order of their last failure. */
  readonly #entries = new Map<string, Entry>()

  constructor(now: () => number = Date.now, bounds: LoginBounds = { failuresMax: 10, lockMs: 5 * 60_000 }) {
    this.#now = now
    this.#bounds = bounds
  }

  /** Milliseconds until somebody at this address may try again; 0 for now. */
  getLockMs(address: string): number {
    const { lockedUntil = 0 } = this.#entries.get(toNetwork(address)) ?? {}
    return Math.max(0, lockedUntil - this.#now())
  }

  fail(address: string): Failure {
    const network = toNetwork(address)
    const now = this.#now()
    const before = this.#entries.get(network)
    // One that was under way when another locked the address.
    if (before !== undefined && before.lockedUntil > now) return { locks: false, delayMs: DELAY_MS_MAX }
    const counts = before !== undefined && before.lockedUntil === 0 && now - before.at < MEMORY_MS
    const failures = (counts ? before.failures : 0) + 1
    const { failuresMax, lockMs } = this.#bounds
    const locks = failuresMax > 0 && failures >= failuresMax
    const entry = { failures, at: now, lockedUntil: locks ? now + lockMs : 0 }
    rememberLatest(this.#entries, network, entry, ADDRESSES_MAX)
    return { locks, delayMs: Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (failures - 1)) }
  }

  succeed(address: string): void {
    this.#entries.delete(toNetwork(address))
  }
}

/** Whoever has an IPv6 address has 2⁶⁴ of them: their network counts. An IPv4 address counts the same however it is written. */
export function toNetwork(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%', 1).join('').split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length
  const all = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after]
  return `${all
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
