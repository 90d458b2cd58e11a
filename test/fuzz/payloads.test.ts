import { expect, test } from '@jest/globals'
import { parseEntity } from '../../src/entity-text.ts'
import { TromostError } from '../../src/errors.ts'
import { compileMapper } from '../../src/map/map.ts'
import { openDecoder } from '../../src/profiles/decoder.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import { toDevice, toMessage } from '../../src/profiles/sample-message.ts'
import type { Message } from '../../src/reading.ts'
import { openPool } from '../decode-sandbox/sandbox-pool.ts'
import { fuzz, IS_LONG, TIMEOUT_MS } from './fuzz.ts'
import { spoilBytes, spoilText, spoilValue } from './mutations.ts'
import type { Random } from './random.ts'

const loaded = loadProfiles(['devices'])
const profiles = loaded.faults === undefined ? [...loaded.value.values()] : []
const samples = profiles.flatMap(profile => profile.samples.map(sample => ({ profile, sample })))
const payloads = samples.map(({ sample }) => toMessage(sample).payload)
const codecs = profiles.some(({ decode }) => decode.script !== undefined) ? await openPool() : undefined

/** A sample of a profile, with the message that is made of its own. */
function make(random: Random) {
  const chosen = random.pick(samples)
  const message = toMessage(chosen.sample)
  const topic = random.chance(0.1) ? spoilText(message.topic, random) : message.topic
  return { ...chosen, message: { ...message, topic, payload: spoilPayload(message.payload, random) } }
}

function spoilPayload(payload: Buffer, random: Random): Buffer {
  if (random.chance(0.05)) return random.bytes(random.below(300))
  if (random.chance(0.05)) return random.pick(payloads)
  try {
    const value: unknown = JSON.parse(payload.toString())
    if (random.chance(0.7)) return Buffer.from(JSON.stringify(spoilFrame(value, random)) ?? '')
  } catch {}
  return spoilBytes(payload, random, payloads)
}

/** The frame of an uplink is what its profile reads, so it is spoilt more often than what is around it. */
function spoilFrame(value: unknown, random: Random): unknown {
  const frame = typeof value === 'object' && value !== null ? Reflect.get(value, 'data') : undefined
  if (typeof frame !== 'string' || random.chance(0.2)) return spoilValue(value, random)
  const data = spoilBytes(Buffer.from(frame, 'base64'), random).toString('base64')
  return { ...(value as object), data }
}

type Input = ReturnType<typeof make>

/** All that is thrown is a refusal, and all that is made can be sent. */
async function hold({ profile, sample, message }: Input): Promise<void> {
  try {
    const decode = await openDecoder(profile, sample, codecs)
    const device = toDevice(sample, profile)
    const map = compileMapper(profile)
    for (const reading of await decode(message)) {
      if (!Number.isSafeInteger(reading.observedAt)) throw new Error(`observedAt is ${reading.observedAt}`)
      for (const entity of map(reading, device).entities) checkEntity(parseEntity(entity), message)
    }
  } catch (error) {
    if (!(error instanceof TromostError)) throw error
  }
}

function checkEntity(entity: { readonly id: string; readonly type: string }, { tenant }: Message): void {
  if (!/^urn:ngsi-ld:[A-Za-z]+:[^\s<>"'=;()\p{Cc}]+$/u.test(entity.id)) {
    throw new Error(`tenant ${tenant}: the id ${JSON.stringify(entity.id)} is none`)
  }
  const text = JSON.stringify(entity)
  if (text.length > 1_000_000) throw new Error(`an entity of ${text.length} characters`)
}

test(
  'whatever devices send is read, or refused for a reason, by every profile that ships',
  async () => {
    expect(samples.length).toBeGreaterThan(60)
    const show = ({ profile, message }: Input) =>
      `${profile.id} ${message.topic} ${message.payload.toString('hex')}`
    const rounds = await fuzz({ share: 0.2, rounds: 1_000, make, hold, show })
    expect(rounds).toBeGreaterThan(IS_LONG ? 0 : 999)
  },
  TIMEOUT_MS,
)
