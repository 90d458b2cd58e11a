/** One shadow run: both versions of a profile, each with what it has heard before, and how far they agree. */
import { compileDecoder, compileScriptDecoder, type Decode, type DecodeLater } from '../decode/decode.ts'
import { PartlyDecoded } from '../decode/partly-decoded.ts'
import type { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { EdgeNodes } from '../decode/sparkplug/edge-nodes.ts'
import { parseEntity } from '../entity-text.ts'
import { getMessage, TromostError } from '../errors.ts'
import { compileMapper } from '../map/map.ts'
import type { Profile } from '../profiles/profile.ts'
import { nameVersion } from '../profiles/used-profile.ts'
import type { Device, EntityText, Message, Reading } from '../reading.ts'
import type { CheckEntity } from '../validation/check-entity.ts'
import { Differences, type Made } from './differences.ts'
import type {
  BirthsByTenant,
  ShadowFindings,
  ShadowMessage,
  ShadowPlan,
  VersionOfProfile,
} from './shadow-plan.ts'

export interface RunSurroundings {
  readonly codecs: CodecPool
  readonly births: BirthsByTenant
  /** Throws for an entity that may not leave; nothing is checked where there is none. */
  readonly check: CheckEntity | undefined
}

type Make = (message: Message, device: Device, position: number) => Promise<Made>

export class ShadowRun {
  readonly #active: Make
  readonly #shadow: Make
  readonly #differences: Differences

  constructor({ tenant, active, shadow }: ShadowPlan, surroundings: RunSurroundings, before: ShadowFindings) {
    this.#active = compileMake(active, tenant, surroundings)
    this.#shadow = compileMake(shadow, tenant, surroundings)
    this.#differences = new Differences(before)
  }

  get findings(): ShadowFindings {
    return this.#differences.findings
  }

  /** Never rejects. */
  async take({ message: crossed, device, position }: ShadowMessage): Promise<void> {
    const { buffer, byteOffset, byteLength } = crossed.payload
    const message = { ...crossed, payload: Buffer.from(buffer, byteOffset, byteLength) }
    const active = await this.#active(message, device, position)
    const shadow = await this.#shadow(message, device, position)
    const { topic, receivedAt } = message
    this.#differences.compare({ tenant: device.tenant, device: device.id, topic, receivedAt }, active, shadow)
  }
}

/** By itself: neither hears what the other one has heard, nor shares the limits of its script. */
function compileMake(
  { version, profile }: VersionOfProfile,
  tenant: string | undefined,
  surroundings: RunSurroundings,
): Make {
  const id = nameVersion(tenant === undefined ? profile.id : `${tenant}/${profile.id}`, version)
  const decode = compileDecode({ ...profile, id }, surroundings)
  const map = compileMapper(profile)
  return async (message, device, position) => {
    const made: EntityText[] = []
    const use = (readings: readonly Reading[]) => {
      for (const reading of readings) made.push(...map(reading, device).entities)
      if (surroundings.check !== undefined) made.forEach(surroundings.check)
    }
    try {
      use(await decode(message, position))
      return { entities: made.map(parseEntity) }
    } catch (error) {
      return { ...refuse(error, use), entities: made.map(parseEntity) }
    }
  }
}

type DecodeEither = (message: Message, position: number) => ReturnType<Decode> | ReturnType<DecodeLater>

function compileDecode(profile: Profile, { codecs, births }: RunSurroundings): DecodeEither {
  if (profile.decode.script !== undefined)
    return compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
  if (profile.decode.sparkplug === undefined) return compileDecoder(profile)
  // Edge nodes of two tenants may have one name.
  const byTenant = new Map<string, Decode>()
  return (message, position) => {
    const { tenant } = message
    const decode =
      byTenant.get(tenant) ?? compileDecoder(profile, new EdgeNodes({ births: births[tenant] ?? [] }))
    byTenant.set(tenant, decode)
    return decode(message, position)
  }
}

function refuse(error: unknown, use: (readings: readonly Reading[]) => void): Pick<Made, 'refusal'> {
  if (!(error instanceof PartlyDecoded)) return { refusal: toRefusal(error) }
  try {
    use(error.readings)
    return { refusal: toRefusal(error) }
  } catch (failed) {
    return { refusal: toRefusal(failed) }
  }
}

function toRefusal(error: unknown): NonNullable<Made['refusal']> {
  return error instanceof TromostError
    ? { code: error.code, detail: error.detail }
    : { code: 'MAP_FAILED', detail: getMessage(error) }
}
