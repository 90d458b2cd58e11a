/** `tromost profile try`: one message on its way through a profile, step by step; sends nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { type Config, configSchema, type DestinationConfig } from '../config/config.ts'
import { loadConfig, parseScalar } from '../config/load.ts'
import { type Checked, checkDocument, type Fault, formatFault } from '../document.ts'
import { openDecoder, withCodecs } from '../profiles/decoder.ts'
import { findProfile, loadProfiles } from '../profiles/load.ts'
import type { Profile } from '../profiles/profile.ts'
import { type Sample, sampleSchema } from '../profiles/sample.ts'
import { toDevice, toMessage } from '../profiles/sample-message.ts'
import { tryMessage } from '../profiles/trial.ts'
import { type ShownTrial, toShownTrial } from '../trace/shown-trial.ts'
import { describeRequests } from '../uplink/described-requests.ts'
import { formatTrial } from './profile-try-output.ts'
import { FAULTS_FOUND, WRONG_USE } from './report-error.ts'

export interface TryOptions {
  readonly config: string
  /** Exactly one of them; `-` is standard input. */
  readonly json?: string
  readonly hex?: string
  readonly text?: string
  readonly fport?: number
  readonly topic?: string
  readonly receivedAt?: string
  readonly device?: string
  readonly placement?: string
  readonly location?: readonly number[]
  /** Each `name=value`. */
  readonly attribute?: readonly string[]
  readonly destination?: string
  readonly output: 'text' | 'json'
}

/** What is shown for where there is no broker yet. */
const GENERIC = { id: 'generic', dialect: 'ngsi-ld', url: 'http://localhost:1026' }

export async function runProfileTry(idOrPath: string, options: TryOptions): Promise<void> {
  const config = loadConfigOrDefaults(options.config)
  if (config.faults !== undefined) return report(config.faults, FAULTS_FOUND)
  const profile = loadProfile(idOrPath, config.value)
  if (profile.faults !== undefined) return report(profile.faults, FAULTS_FOUND)
  const destination = chooseDestination(config.value, options)
  if (destination.faults !== undefined) return report(destination.faults, WRONG_USE)
  const sample = checkDocument(sampleSchema, toRawSample(options, profile.value), 'profile try')
  if (sample.faults !== undefined) return report(sample.faults, WRONG_USE)
  const shown = await run(profile.value, sample.value, destination.value, config.value.http)
  if (shown.fault !== undefined) process.exitCode = FAULTS_FOUND
  console.log(options.output === 'json' ? JSON.stringify(shown) : formatTrial(shown))
}

function run(
  profile: Profile,
  sample: Sample,
  destination: DestinationConfig,
  { publicUrl }: Config['http'],
): Promise<ShownTrial> {
  return withCodecs([profile], async codecs => {
    const message = toMessage(sample)
    const device = toDevice(sample, profile)
    const decode = await openDecoder(profile, sample, codecs)
    const trial = await tryMessage(profile, decode, message, device)
    const address = { destination, tenant: device.tenant, brokerTenant: undefined, publicUrl }
    const requests = describeRequests(address, trial.entities ?? [])
    return toShownTrial({ profile, device, message, trial, destination, requests })
  })
}

/** Without a configuration the defaults hold, as for an empty one. */
function loadConfigOrDefaults(file: string): Checked<Config> {
  return existsSync(file) ? loadConfig(file, process.env) : { value: configSchema.parse({}) }
}

function loadProfile(idOrPath: string, config: Config): Checked<Profile> {
  if (!existsSync(idOrPath)) {
    const found = findProfile(config.profiles, idOrPath)
    if (found !== undefined) return { value: found }
    const problem = `expected the path of a profile, or the id of one in ${config.profiles.join(', ')}`
    const { faults = [] } = loadProfiles(config.profiles)
    return { faults: [...faults, { file: idOrPath, key: '', problem: `${problem}, got nothing there` }] }
  }
  const loaded = loadProfiles([idOrPath])
  if (loaded.faults !== undefined) return loaded
  const [profile, ...others] = loaded.value.values()
  if (profile !== undefined && others.length === 0) return { value: profile }
  const problem = `expected one profile, got a folder of ${loaded.value.size}`
  return { faults: [{ file: idOrPath, key: '', problem }] }
}

/** The one that is named, else the first one that requests are sent to. */
function chooseDestination(
  { destinations }: Config,
  { destination: id }: TryOptions,
): Checked<DestinationConfig> {
  const named = destinations.find(destination => destination.id === id)
  if (id !== undefined && named === undefined) {
    const known = destinations.map(destination => destination.id).join(', ')
    return { faults: [{ file: '--destination', key: '', problem: `expected one of ${known}, got "${id}"` }] }
  }
  const [generic] = configSchema.parse({ destinations: [GENERIC] }).destinations
  const chosen = named ?? destinations.find(({ dialect }) => dialect !== 'preview') ?? generic
  return chosen === undefined ? { faults: [] } : { value: chosen }
}

/** What the options say, as a sample says it, so that the same schema holds for both. */
function toRawSample(options: TryOptions, { samples, decode }: Profile): unknown {
  const { json, hex, text, fport, topic, receivedAt, device: id, placement, location } = options
  const [first] = samples
  const known = id === undefined ? first?.device : undefined
  const attributes = Object.fromEntries((options.attribute ?? []).map(splitAttribute))
  return {
    name: 'try',
    payload: dropAbsent({ hex: readPayload(hex), text: readPayload(json ?? text), fPort: fport }),
    // What a message of Sparkplug B means, its topic and an earlier birth say.
    ...(decode.sparkplug !== undefined && dropAbsent({ before: first?.before, topic: first?.topic })),
    ...dropAbsent({ topic }),
    receivedAt: receivedAt ?? new Date().toISOString(),
    device: {
      ...known,
      ...dropAbsent({ id, placement, location }),
      attributes: { ...known?.attributes, ...attributes },
    },
    entities: [],
  }
}

function splitAttribute(text: string): readonly [string, unknown] {
  const at = text.indexOf('=')
  return [text.slice(0, at), parseScalar(text.slice(at + 1))]
}

function readPayload(text: string | undefined): string | undefined {
  return text === '-' ? readFileSync(0, 'utf8') : text
}

function dropAbsent(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function report(faults: readonly Fault[], exitCode: number): void {
  process.exitCode = exitCode
  for (const fault of faults) console.error(formatFault(fault))
}
