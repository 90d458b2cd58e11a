/** `npm run bench -- --mapping`: what a reading costs in decode and map alone, by kind of payload, with few and many profiles and devices. */
import { fileURLToPath } from 'node:url'
import { compileDecoder, compileScriptDecoder } from '../dist/decode/decode.js'
import { CODEC_LIMITS } from '../dist/decode/sandbox/codec.js'
import { CodecPool } from '../dist/decode/sandbox/codec-pool.js'
import { KnownDevices } from '../dist/draining/known-devices.js'
import { compileMapper } from '../dist/map/map.js'
import { loadProfiles } from '../dist/profiles/load.js'
import { Registry } from '../dist/registry/registry.js'

const PROFILES = fileURLToPath(new URL('profiles', import.meta.url))
const TENANT = 'bench'
const NOW = Date.UTC(2026, 0, 15, 9)
/** As many of a script's messages are under way at once as the sandbox takes in one batch. */
const UNDER_WAY = 128
/** Few enough to stay in the processor's caches, as what was just read from the journal does. */
const PAYLOADS = 500

/** @typedef {{ title: string, profile: string, isScript: boolean, messages: number, toPayload: (sequence: number) => Buffer, toTopic: (device: string) => string }} Kind */

/** @type {readonly Kind[]} */
const KINDS = [
  {
    title: 'JSON, six attributes',
    profile: 'bench-json',
    isScript: false,
    messages: 40_000,
    toPayload: toJson,
    toTopic: device => `tromost/${device}/up`,
  },
  {
    title: 'channel table, four attributes',
    profile: 'bench-channels',
    isScript: false,
    messages: 40_000,
    toPayload: toUplink,
    toTopic: toUplinkTopic,
  },
  {
    title: 'codec script, four attributes',
    profile: 'bench-script',
    isScript: true,
    messages: 8_000,
    toPayload: toUplink,
    toTopic: toUplinkTopic,
  },
]

/** How many profiles and devices there are. All devices speak, in an order that no cache likes. */
const SIZES = [
  { profiles: 10, devices: 10 },
  { profiles: 1_000, devices: 10 },
  { profiles: 10, devices: 100_000 },
]

/** Rounds of all kinds and sizes in turns, so that a slow moment of the machine meets all of them; gives a row for each. */
export async function measureMapping(rounds) {
  const codecs = await CodecPool.open({ threads: 1, limits: CODEC_LIMITS })
  const cases = KINDS.flatMap(kind => SIZES.map(size => createCase(kind, size, codecs)))
  // The just-in-time compiler sees the code first.
  for (const { run } of cases) await run()
  for (let round = 0; round < rounds; round += 1) {
    for (const { run, costs } of cases) costs.push(await run())
  }
  await codecs.close()
  return cases.map(({ kind, size, costs }) => ({ title: kind.title, ...size, micros: getMedian(costs) }))
}

function createCase(kind, size, codecs) {
  const { profiles, devices: known } = createTown(kind, size, codecs)
  const payloads = Array.from({ length: PAYLOADS }, (_, sequence) => kind.toPayload(sequence))
  // A stride that is prime to the number of devices, so that none follows its neighbour.
  const devices = Array.from(
    { length: kind.messages },
    (_, index) => `device-${(index * 7_919) % size.devices}`,
  )
  const topics = devices.map(kind.toTopic)
  const create = index => ({
    tenant: TENANT,
    device: devices[index],
    topic: topics[index],
    payload: payloads[index % PAYLOADS],
    receivedAt: NOW + index,
    qos: 1,
  })
  const run = async () => {
    const before = process.cpuUsage()
    const made = await (kind.isScript ? runLater : runAtOnce)(kind.messages, create, known, profiles)
    const { user, system } = process.cpuUsage(before)
    if (made !== kind.messages) throw new Error(`expected ${kind.messages} entities, got ${made}`)
    return (user + system) / kind.messages
  }
  return { kind, size, run, costs: [] }
}

function runAtOnce(count, create, devices, profiles) {
  let made = 0
  for (let index = 0; index < count; index += 1) {
    const message = create(index)
    const known = devices.find(message)
    const { decode, map } = profiles.get(known.profileName)
    for (const reading of decode(message, 0))
      made += map(reading, known.device, known.seenBy(map)).entities.length
  }
  return made
}

async function runLater(count, create, devices, profiles) {
  let made = 0
  for (let at = 0; at < count; at += UNDER_WAY) {
    const batch = Array.from({ length: Math.min(UNDER_WAY, count - at) }, async (_, index) => {
      const message = create(at + index)
      const known = devices.find(message)
      const { decode, map } = profiles.get(known.profileName)
      for (const reading of await decode(message))
        made += map(reading, known.device, known.seenBy(map)).entities.length
    })
    await Promise.all(batch)
  }
  return made
}

function createTown(kind, size, codecs) {
  const loaded = loadProfiles([PROFILES])
  if (loaded.faults !== undefined) throw new Error(JSON.stringify(loaded.faults))
  const original = loaded.value.get(kind.profile)
  const ids = Array.from({ length: size.profiles }, (_, index) => `${kind.profile}-${index}`)
  const compile = kind.isScript
    ? profile => compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
    : compileDecoder
  const profiles = new Map(
    ids.map(id => {
      const profile = { ...original, id }
      return [id, { decode: compile(profile), map: compileMapper(profile) }]
    }),
  )
  const devices = Array.from({ length: size.devices }, (_, index) => ({
    id: `device-${index}`,
    tenant: TENANT,
    profile: ids[index % ids.length],
    attributes: {},
  }))
  const tenants = [{ id: TENANT, destinations: [], unknownDevices: 'hold', groups: [], routes: [] }]
  return { profiles, devices: new KnownDevices(new Registry({ tenants, devices })) }
}

function toJson(sequence) {
  return Buffer.from(
    JSON.stringify({
      sequence,
      temperature: 20 + (sequence % 100) / 10,
      humidity: 50 + (sequence % 40),
      pressure: 1_000 + (sequence % 300) / 10,
      pm10: (sequence % 500) / 10,
      battery: 80 + (sequence % 20),
    }),
  )
}

function toUplink(sequence) {
  const bytes = Buffer.from([
    1,
    0x75,
    90,
    3,
    0x67,
    sequence % 256,
    0,
    4,
    0x68,
    sequence % 200,
    5,
    0,
    sequence % 256,
  ])
  return Buffer.from(
    JSON.stringify({
      time: '2026-01-15T08:59:59Z',
      fPort: 85,
      fCnt: sequence,
      data: bytes.toString('base64'),
    }),
  )
}

function toUplinkTopic(device) {
  return `application/bench/device/${device}/event/up`
}

function getMedian(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
