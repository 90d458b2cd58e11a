/** A device that nobody knows, as it is shown: what its newest message looks like, and which profiles understand its last ones. */
import type { Engine } from '../journal/engine.ts'
import { getQuarantined } from '../journal/quarantine.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Place } from '../provisioning/provisioning.ts'
import { remember } from '../remember.ts'
import type { HeldDevice } from './held-devices.ts'
import { describeLooks, type Looks } from './looks.ts'
import { type OpenDecoder, ProfileTrials, type RankedProfile, type TriedMessage } from './rank-profiles.ts'

export interface UnknownDevice extends Omit<HeldDevice, 'positions'> {
  /** It is provisioned by now: what is held came before. */
  readonly isProvisioned: boolean
  /** Of its newest message. */
  readonly looks: Looks | undefined
  /** Best first. */
  readonly profiles: readonly RankedProfile[]
}

export interface UnknownDevicesOptions {
  readonly engine: Engine
  readonly store: { get(place: Place): unknown }
  /** Those that a device of the tenant may have, as they stand now; the same map as long as they do. */
  readonly getProfiles: (tenant: string) => ReadonlyMap<string, Profile>
  readonly openStateful: OpenDecoder
}

const TRIED_MESSAGES = 3
const RANKED_MAX = 1_000

export class UnknownDevices {
  readonly #options: UnknownDevicesOptions
  readonly #trials: ProfileTrials
  /** By device and newest message, as long as the profiles are the same. */
  readonly #ranked = new WeakMap<object, Map<string, readonly RankedProfile[]>>()

  constructor(options: UnknownDevicesOptions) {
    this.#options = options
    this.#trials = new ProfileTrials(options.openStateful)
  }

  async describe(tenant: string, { positions, ...device }: HeldDevice): Promise<UnknownDevice> {
    const { store } = this.#options
    const isProvisioned = store.get({ kind: 'device', tenant, id: device.id }) !== undefined
    const messages = await this.#load(tenant, positions)
    const newest = messages.at(-1)
    const looks = newest && describeLooks(newest.message)
    return { ...device, isProvisioned, looks, profiles: await this.#rank(tenant, device.id, messages) }
  }

  close(): Promise<void> {
    return this.#trials.close()
  }

  /** The last few, oldest first. */
  async #load(tenant: string, positions: HeldDevice['positions']): Promise<readonly TriedMessage[]> {
    const [lane] = positions
    if (lane === undefined) return []
    const [destination, own] = lane
    const messages: TriedMessage[] = []
    for (const position of own.slice(-TRIED_MESSAGES)) {
      const entry = await getQuarantined(this.#options.engine, { tenant, destination, position })
      if (entry === undefined) continue
      const { device, topic, payload, receivedAt } = entry
      messages.push({ position, message: { tenant, device, topic, payload, receivedAt, qos: 1 } })
    }
    return messages
  }

  async #rank(
    tenant: string,
    id: string,
    messages: readonly TriedMessage[],
  ): Promise<readonly RankedProfile[]> {
    const profiles = this.#options.getProfiles(tenant)
    const known = this.#ranked.get(profiles) ?? new Map<string, readonly RankedProfile[]>()
    this.#ranked.set(profiles, known)
    const key = `${tenant}/${messages.at(-1)?.position}/${id}`
    const ranked = known.get(key) ?? (await this.#trials.rank(profiles.values(), messages))
    return remember(known, key, ranked, RANKED_MAX)
  }
}
