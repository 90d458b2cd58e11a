/** Which profiles understand the messages of a device that nobody knows: each is tried, and those that make most of them come first. */
import { setImmediate as breathe } from 'node:timers/promises'
import { toId } from '../bulk/find-profile.ts'
import { compileDecoder, compileScriptDecoder } from '../decode/decode.ts'
import type { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { compileMapper, type MapReading } from '../map/map.ts'
import { type OpenCodecs, openCodecs } from '../profiles/decoder.ts'
import type { Profile } from '../profiles/profile.ts'
import { listValuePaths } from '../profiles/value-paths.ts'
import type { Device, Message, Reading } from '../reading.ts'
import { findDeviceType } from './looks.ts'

/** A profile that decodes at least one of the messages without error, and makes an entity of it. */
export interface RankedProfile {
  readonly id: string
  /** How many of the messages that were tried it decodes. */
  readonly decoded: number
  readonly tried: number
  /** Over all of them: values that were found, attributes that entities get of them, and those whose range did not hold. */
  readonly values: number
  readonly attributes: number
  readonly outOfRange: number
  /** Types of the entities that it makes. */
  readonly types: readonly string[]
  /** Whether the network server names this kind of device by its vendor and model. */
  readonly isNamed: boolean
}

/** Decodes a message with what came before it, where a format needs that. */
type Decode = (message: Message, position: number) => readonly Reading[] | Promise<readonly Reading[]>

interface Ready {
  readonly decode: Decode
  readonly map: MapReading
}

export interface TriedMessage {
  readonly position: number
  readonly message: Message
}

export type OpenDecoder = (profile: Profile, tenant: string, position: number) => Promise<Decode>

const SHOWN_MAX = 10
const MISFIT_WEIGHT = 2
/** Profiles that are tried without a pause: sensors wait for their PUBACK on this thread. */
const TRIED_AT_ONCE = 8

export class ProfileTrials {
  readonly #openStateful: OpenDecoder
  readonly #ready = new WeakMap<Profile, Ready>()
  readonly #openCodecs: OpenCodecs
  #codecs: Promise<CodecPool> | undefined

  /** `openStateful` gives decoders for formats whose messages mean something by earlier ones only. */
  constructor(openStateful: OpenDecoder, open: OpenCodecs = openCodecs) {
    this.#openStateful = openStateful
    this.#openCodecs = open
  }

  /** Best first. */
  async rank(
    profiles: Iterable<Profile>,
    messages: readonly TriedMessage[],
  ): Promise<readonly RankedProfile[]> {
    const ranked: RankedProfile[] = []
    let tried = 0
    for (const profile of profiles) {
      const result = await this.#try(profile, messages)
      if (result !== undefined) ranked.push(result)
      tried += 1
      if (tried % TRIED_AT_ONCE === 0) await breathe()
    }
    return ranked.sort(compare).slice(0, SHOWN_MAX)
  }

  /** Ends the sandbox of codec scripts, which the first profile with one started. */
  async close(): Promise<void> {
    const codecs = this.#codecs
    this.#codecs = undefined
    await (await codecs)?.close()
  }

  async #try(profile: Profile, messages: readonly TriedMessage[]): Promise<RankedProfile | undefined> {
    const types = new Set<string>()
    const sums = { decoded: 0, values: 0, attributes: 0, outOfRange: 0 }
    for (const { message, position } of messages) {
      const made = await this.#make(profile, message, position)
      if (made === undefined) continue
      sums.decoded += 1
      sums.values += made.values
      sums.attributes += made.attributes
      sums.outOfRange += made.outOfRange
      for (const type of made.types) types.add(type)
    }
    if (sums.decoded === 0) return undefined
    const isNamed = messages.some(({ message }) => names(profile, findDeviceType(message)))
    return { id: profile.id, tried: messages.length, ...sums, types: [...types], isNamed }
  }

  /** Nothing where the profile does not understand it, or has nothing to say of it. */
  async #make(profile: Profile, message: Message, position: number) {
    try {
      const { decode, map } = await this.#open(profile, message.tenant, position)
      const readings = await decode(message, position)
      const device: Device = {
        ...{ id: message.device, tenant: message.tenant, profile: profile.id, attributes: {} },
      }
      const mapped = readings.map(reading => map(reading, device))
      const entities = mapped.flatMap(one => one.entities)
      if (entities.length === 0) return undefined
      return {
        values: readings.reduce((sum, { values }) => sum + listValuePaths(values).length, 0),
        attributes: entities.reduce((sum, { attributes }) => sum + attributes.length, 0),
        outOfRange: mapped.reduce((sum, { omitted }) => sum + omitted, 0),
        types: entities.map(({ type }) => type),
      }
    } catch {
      return undefined
    }
  }

  async #open(profile: Profile, tenant: string, position: number): Promise<Ready> {
    const known = this.#ready.get(profile)
    if (known !== undefined) return known
    const map = compileMapper(profile)
    if (profile.decode.sparkplug !== undefined)
      return { map, decode: await this.#openStateful(profile, tenant, position) }
    const ready = { map, decode: this.#compile(profile) }
    this.#ready.set(profile, ready)
    return ready
  }

  #compile(profile: Profile): Decode {
    if (profile.decode.script === undefined) return compileDecoder(profile)
    return compileScriptDecoder(profile, async (codec, input) => {
      this.#codecs ??= this.#openCodecs()
      return (await this.#codecs).decode(codec, input)
    })
  }
}

/** What the network server says counts most. What finds more of them, and says more of it within its ranges, is likelier. */
function compare(one: RankedProfile, other: RankedProfile): number {
  return (
    Number(other.isNamed) - Number(one.isNamed) ||
    other.decoded - one.decoded ||
    weigh(other) - weigh(one) ||
    other.attributes - one.attributes ||
    (one.id < other.id ? -1 : 1)
  )
}

/** A profile of another device finds values as well, but few of them, or such as cannot be. */
function weigh({ attributes, values, outOfRange }: RankedProfile): number {
  return attributes + values - MISFIT_WEIGHT * outOfRange
}

/** `Milesight AM307`, `am307` and `milesight-am307-eu868` are of the vendor Milesight, model AM307. */
function names({ id, vendor, model }: Profile, deviceType: string | undefined): boolean {
  if (deviceType === undefined) return false
  const words = `-${toId(deviceType)}-`
  return words.includes(`-${id}-`) || words.includes(`-${toId(`${vendor} ${model}`)}-`)
}
