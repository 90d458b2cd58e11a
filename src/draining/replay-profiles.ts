/**
 * The profiles of a replay. Data of Sparkplug B is read by the births that held at its own position, whatever was announced since; and
 * what an old message announces is no news for the lane.
 */

import { findLatest, type StoredBirth } from '../journal/births.ts'
import type { LaneMessage } from '../journal/lane.ts'
import { parseSparkplugTopic } from '../sparkplug-topic.ts'
import type { CompiledProfile } from './carried.ts'
import type { LaneProfiles } from './lane-profiles.ts'

export interface ReplayProfilesOptions {
  /** All that are stored, in the order of their positions. */
  readonly births: readonly StoredBirth[]
  /** The profiles as they are where these births were the last ones. */
  readonly open: (births: readonly StoredBirth[]) => Promise<LaneProfiles>
}

export class ReplayProfiles {
  readonly #options: ReplayProfilesOptions
  readonly #base: LaneProfiles
  /** By the position of the message, for the part that is under way. */
  #at = new Map<number, LaneProfiles>()
  #last: { readonly count: number; readonly profiles: LaneProfiles }

  static async open(options: ReplayProfilesOptions): Promise<ReplayProfiles> {
    return new ReplayProfiles(options, await options.open([]))
  }

  private constructor(options: ReplayProfilesOptions, base: LaneProfiles) {
    this.#options = options
    this.#base = base
    this.#last = { count: 0, profiles: base }
  }

  /** Has to be called with messages before they are decoded, in the order of their positions. */
  async prepare(messages: readonly LaneMessage[]): Promise<void> {
    this.#at = new Map()
    for (const { position, message } of messages) {
      if (parseSparkplugTopic(message.topic) !== undefined)
        this.#at.set(position, await this.#openAt(position))
    }
  }

  get(id: string): CompiledProfile | undefined {
    const profile = this.#base.get(id)
    if (profile?.decode === undefined) return profile
    const { decode } = profile
    return {
      ...profile,
      decode: (message, position) => (this.#getAt(position, id) ?? decode)(message, position),
    }
  }

  #getAt(position: number | undefined, id: string) {
    return position === undefined ? undefined : this.#at.get(position)?.get(id)?.decode
  }

  async #openAt(position: number): Promise<LaneProfiles> {
    const { births, open } = this.#options
    const count = births.filter(birth => birth.position < position).length
    if (count !== this.#last.count) {
      this.#last = { count, profiles: await open(findLatest(births, position)) }
    }
    return this.#last.profiles
  }
}
