/** Shows messages on their way: decoded and mapped once more as the profiles stand now, and with what became of them at each destination. */
import type { DestinationConfig } from '../config/config.ts'
import { compileDecoder, compileScriptDecoder } from '../decode/decode.ts'
import { CODEC_LIMITS } from '../decode/sandbox/codec.ts'
import { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { EdgeNodes } from '../decode/sparkplug/edge-nodes.ts'
import type { Fate } from '../draining/fates.ts'
import { toKnownBirth } from '../draining/lane-profiles.ts'
import type { FateQuery, LaneFates } from '../draining/protocol.ts'
import { loadBirths } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import { listQuarantine } from '../journal/quarantine.ts'
import type { Profile } from '../profiles/profile.ts'
import { type Trial, tryMessage } from '../profiles/trial.ts'
import type { Device, Message, Reading } from '../reading.ts'
import type { Registry } from '../registry/registry.ts'
import { describeRequests } from '../uplink/described-requests.ts'
import { toDeliveryAddress } from '../uplink/dialect.ts'
import { type TracedDelivery, type TracedMessage, toTime, toTracedMessage } from './traced-message.ts'

export interface TracerOptions {
  readonly engine: Engine
  readonly registry: Registry
  readonly destinations: readonly DestinationConfig[]
  readonly publicUrl: string | undefined
  /** Of the profiles as they stand now. */
  readonly getProfile: (device: Device) => Profile | undefined
  readonly findFates: (query: FateQuery) => Promise<readonly LaneFates[]>
}

export interface Heard {
  readonly position: number
  readonly message: Message
  readonly storedAt?: number
}

interface Tried extends Heard {
  readonly device: Device | undefined
  readonly trial: Trial
}

export class MessageTracer {
  readonly #options: TracerOptions
  #codecs: CodecPool | undefined

  constructor(options: TracerOptions) {
    this.#options = options
  }

  /** All of one tenant, and all their destinations unless one is named. */
  async trace(
    tenant: string,
    heard: readonly Heard[],
    destination?: string,
  ): Promise<readonly TracedMessage[]> {
    const tried: Tried[] = []
    for (const one of heard) tried.push(await this.#try(one))
    const lanes = await this.#options.findFates({ tenant, messages: tried.map(toQuery) })
    const asked = lanes.filter(lane => (destination ?? lane.destination) === lane.destination)
    const shown: TracedMessage[] = []
    for (const [index, one] of tried.entries()) {
      const destinations: TracedDelivery[] = []
      for (const lane of asked) destinations.push(await this.#describe(one, lane, lane.fates[index]))
      shown.push(toTracedMessage({ ...one, destinations }))
    }
    return shown
  }

  /** Ends the sandbox of codec scripts, which the first message for one started. */
  async close(): Promise<void> {
    await this.#codecs?.close()
  }

  async #try(heard: Heard): Promise<Tried> {
    const { registry, getProfile } = this.#options
    const { tenant, device: id, topic } = heard.message
    const device = registry.findDevice(heard.message)
    const profile = device === undefined ? undefined : getProfile(device)
    if (device === undefined || profile === undefined) {
      const [code, thing] =
        device === undefined
          ? ['DEVICE_UNKNOWN', 'a provisioned device']
          : ['DECODE_FAILED', 'a loaded profile']
      const fault = {
        code,
        detail: `tenant ${tenant}: expected ${thing}, got ${device?.profile ?? (id || topic)}`,
      }
      return { ...heard, device, trial: { leftOut: [], fault } }
    }
    const decode = await this.#openDecoder(profile, tenant, heard.position)
    return { ...heard, device, trial: await tryMessage(profile, decode, heard.message, device) }
  }

  async #openDecoder(
    profile: Profile,
    tenant: string,
    position: number,
  ): Promise<(message: Message) => Promise<readonly Reading[]>> {
    if (profile.decode.script !== undefined) {
      this.#codecs ??= await CodecPool.open({ threads: 1, limits: CODEC_LIMITS })
      const codecs = this.#codecs
      return compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
    }
    // A message of Sparkplug B means what the birth before it says.
    const decode =
      profile.decode.sparkplug === undefined
        ? compileDecoder(profile)
        : compileDecoder(profile, await this.#openEdgeNodes(tenant, position))
    return async message => decode(message, position)
  }

  async #openEdgeNodes(tenant: string, position: number): Promise<EdgeNodes> {
    const births = await loadBirths(this.#options.engine, tenant, position)
    return new EdgeNodes({ births: births.map(toKnownBirth) })
  }

  async #describe(tried: Tried, lane: LaneFates, fate: Fate | undefined): Promise<TracedDelivery> {
    const { outcome, settledAt, refusal, answers = [] } = fate ?? {}
    const isSettled = outcome !== undefined || tried.position < lane.position
    // What is known of requests since is about later messages.
    const isForgotten = isSettled && outcome === undefined
    const kept = isSettled ? ((await this.#findKept(tried, lane.destination)) ?? refusal) : undefined
    return {
      destination: lane.destination,
      outcome: kept === undefined ? (outcome ?? (isSettled ? 'settled' : 'waiting')) : 'quarantined',
      ...(kept !== undefined && { code: kept.code, detail: kept.detail }),
      ...(settledAt !== undefined && { settledAt: toTime(settledAt) }),
      ...(lane.trouble !== undefined && { trouble: lane.trouble }),
      requests: this.#describeRequests(tried, lane.destination),
      answers: (isForgotten ? [] : answers).map(answer => ({
        ...answer,
        sentAt: toTime(answer.sentAt),
        answeredAt: toTime(answer.answeredAt),
      })),
    }
  }

  async #findKept({ message: { tenant }, position }: Tried, destination: string) {
    const place = { tenant, destination, after: position - 1, limit: 1 }
    const [entry] = await listQuarantine(this.#options.engine, place)
    return entry?.id === `${tenant}/${destination}/${position}` ? entry : undefined
  }

  #describeRequests({ message: { tenant }, trial }: Tried, id: string): TracedDelivery['requests'] {
    const { destinations, registry, publicUrl } = this.#options
    const destination = destinations.find(candidate => candidate.id === id)
    if (destination === undefined) return []
    const address = toDeliveryAddress(registry.getTenant(tenant) ?? { id: tenant }, {
      destination,
      publicUrl,
    })
    return describeRequests(address, trial.entities ?? []).map(({ body: _body, ...request }) => request)
  }
}

function toQuery({ position, message, trial }: Tried): FateQuery['messages'][number] {
  const ids = [...new Set((trial.entities ?? []).map(({ id }) => id))]
  return { position, ids, receivedAt: message.receivedAt }
}
