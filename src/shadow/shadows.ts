/** All shadow runs, as the flow meets them: it shows each message once, and nothing comes back. */

import { getMessage } from '../errors.ts'
import type { Device, Message } from '../reading.ts'
import type { KeptFindings } from './kept-findings.ts'
import {
  type BirthsByTenant,
  createNoFindings,
  type ShadowMessage,
  type ShadowPlan,
  type ShadowReport,
} from './shadow-plan.ts'
import { type LinkOptions, ShadowThreadLink } from './shadow-thread-link.ts'

export interface ShadowsOptions extends Pick<LinkOptions, 'validation'> {
  /** Asked when runs begin. */
  readonly loadBirths: (plans: readonly ShadowPlan[]) => Promise<BirthsByTenant>
  readonly kept: KeptFindings
  /** Hears that the thread of shadow runs has failed; it starts again. */
  readonly onFailed: (reason: string) => void
  readonly onNotKept: (reason: string) => void
}

interface Watched {
  readonly plan: ShadowPlan
  readonly isMeant: (device: Device) => boolean
  skipped: number
}

type Link = Pick<ShadowThreadLink, 'underWay' | 'use' | 'take' | 'report' | 'close'>

/** Messages that wait for the thread. More would only be memory: what is left out is counted. */
const UNDER_WAY_MAX = 1_000
const BATCH_MAX = 100
const RESTART_MS = 1_000
const SAVE_MS = 30_000
/** A thread that is with a script does not hold up the end of the agent. */
const LAST_SAVE_MS = 1_000

export class Shadows {
  readonly #options: ShadowsOptions
  readonly #openLink: (options: LinkOptions) => Link
  #watched: readonly Watched[] = []
  #byProfile: ReadonlyMap<string, readonly Watched[]> = new Map()
  #link: Link | undefined
  /** What is shown by several lanes of a tenant is taken from the one that is ahead. */
  readonly #seen = new Map<string, number>()
  #batch: ShadowMessage[] = []
  #restart: NodeJS.Timeout | undefined
  #saves: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    options: ShadowsOptions,
    openLink: (options: LinkOptions) => Link = link => new ShadowThreadLink(link),
  ) {
    this.#options = options
    this.#openLink = openLink
  }

  /** In place of those before; the thread is there as long as there are any. */
  async use(plans: readonly ShadowPlan[]): Promise<void> {
    const before = new Map(this.#watched.map(watched => [watched.plan.key, watched]))
    this.#watched = plans.map(plan => before.get(plan.key) ?? watch(plan))
    const ids = new Set(plans.map(({ id }) => id))
    this.#byProfile = new Map([...ids].map(id => [id, this.#watched.filter(({ plan }) => plan.id === id)]))
    await this.#follow()
  }

  /** One look-up where no run is of the device's profile, and a comparison where there are no runs at all. */
  see(message: Message, device: Device, position: number): void {
    if (this.#byProfile.size === 0) return
    const watched = this.#byProfile.get(device.profile)?.find(({ isMeant }) => isMeant(device))
    if (watched === undefined || this.#link === undefined) return
    if (position <= (this.#seen.get(device.tenant) ?? -1)) return
    this.#seen.set(device.tenant, position)
    if (this.#link.underWay + this.#batch.length >= UNDER_WAY_MAX) watched.skipped += 1
    else this.#add({ run: watched.plan.key, position, device, message })
  }

  async report(): Promise<readonly ShadowReport[]> {
    const findings = (await this.#link?.report()) ?? {}
    const nothing = createNoFindings(Date.now())
    return this.#watched.map(({ plan: { key, id, tenant, active, shadow, devices }, skipped }) => ({
      ...(findings[key] ?? nothing),
      ...{ id, tenant, active: active.version, shadow: shadow.version, devices, skipped },
    }))
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    clearInterval(this.#saves)
    await Promise.race([this.save(), new Promise(resolve => setTimeout(resolve, LAST_SAVE_MS).unref())])
    await this.#link?.close()
  }

  /** What was found so far. Never rejects: a run that counts anew does no harm. */
  async save(): Promise<void> {
    const plans = this.#watched.map(({ plan }) => plan)
    try {
      await this.#options.kept.save((await this.#link?.report()) ?? {}, plans)
    } catch (error) {
      this.#options.onNotKept(getMessage(error))
    }
  }

  async #follow(): Promise<void> {
    if (this.#closed) return
    clearInterval(this.#saves)
    const link = this.#link
    if (this.#watched.length === 0) {
      this.#link = undefined
      this.#seen.clear()
      await this.save()
      await link?.close()
      return
    }
    const plans = this.#watched.map(({ plan }) => plan)
    const births = await this.#options.loadBirths(plans)
    const known = await this.#options.kept.load(plans)
    this.#saves = setInterval(() => void this.save(), SAVE_MS).unref()
    this.#link ??= this.#openLink({
      validation: this.#options.validation,
      onEnd: reason => this.#endLink(reason),
    })
    this.#link.use(plans, births, known)
  }

  /** A view into a record of the journal: only its own bytes are to cross. */
  #add({ message, ...others }: ShadowMessage & { readonly message: Message }): void {
    this.#batch.push({ ...others, message: { ...message, payload: Uint8Array.from(message.payload) } })
    if (this.#batch.length === 1) setImmediate(() => this.#flush())
    if (this.#batch.length >= BATCH_MAX) this.#flush()
  }

  #flush(): void {
    const messages = this.#batch
    this.#batch = []
    if (messages.length > 0) this.#link?.take(messages)
  }

  #endLink(reason: string): void {
    this.#link = undefined
    this.#options.onFailed(reason)
    this.#restart = setTimeout(() => void this.#follow().catch(() => {}), RESTART_MS)
  }
}

/** A device that is pinned to a version has nothing to do with the active one. */
function watch(plan: ShadowPlan): Watched {
  const chosen = plan.devices && new Set(plan.devices.map(({ tenant, id }) => `${tenant}\n${id}`))
  const isMeant = ({ id, tenant, profileVersion }: Device) =>
    profileVersion === undefined &&
    (plan.tenant === undefined || plan.tenant === tenant) &&
    (chosen === undefined || chosen.has(`${tenant}\n${id}`))
  return { plan, isMeant, skipped: 0 }
}
