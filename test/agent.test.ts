import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { carryOut } from '../src/agent.ts'
import { PartlyDecoded } from '../src/decode/partly-decoded.ts'
import type { CompiledProfile } from '../src/draining/carried.ts'
import { KnownDevices } from '../src/draining/known-devices.ts'
import { Repeats } from '../src/draining/repeats.ts'
import { Turns } from '../src/draining/turns.ts'
import { TromostError } from '../src/errors.ts'
import { Journal } from '../src/journal/journal.ts'
import { Lane } from '../src/journal/lane.ts'
import { compileMapper } from '../src/map/map.ts'
import type { Message, Outcome, Reading } from '../src/reading.ts'
import type { Dialect } from '../src/uplink/dialect.ts'
import { createParcel } from '../src/uplink/parcel.ts'
import { Uplink } from '../src/uplink/uplink.ts'
import { createRegistry } from './ingest/test-ingest.ts'
import { createProfileOf } from './profiles/sound-profile.ts'
import { MemoryEngine } from './support/memory-engine.ts'
import { append, createMessage } from './support/messages.ts'
import { until } from './support/until.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const REGISTRY = createRegistry({
  tenants: [{ id: 'kranj' }],
  devices: ['d1', 'd2'].map(id => ({ tenant: 'kranj', id, profile: id === 'd1' ? 'changing' : 'prompt' })),
})
const CONFIRMS: Dialect = {
  deliver: async parcels => {
    sent.push(parcels.map(({ id }) => id))
    return { kind: 'answered', refused: new Map() }
  },
  wrap: (entity, settle) => createParcel(entity, undefined, settle),
  close: async () => {},
}

interface Held {
  readonly give: () => void
  readonly fail: (error: Error) => void
}

const map = compileMapper(
  createProfileOf({ n: { from: 'n', min: 0, max: 99 } }, { outOfRange: 'quarantine' }),
)
const prompt: CompiledProfile = { decode: message => [toReading(message)], decodeLater: undefined, map }
const later: CompiledProfile = {
  decode: undefined,
  decodeLater: message =>
    new Promise((resolve, reject) => {
      held.set(String(message.payload), { give: () => resolve([toReading(message)]), fail: reject })
    }),
  map,
}

/** Messages that are being decoded, by their payload; and what became of messages, in that order. */
let held: Map<string, Held>
let settled: string[]
/** The ids of each request. */
let sent: string[][]
let profiles: Map<string, CompiledProfile>
let journal: Journal
let lane: Lane
let uplink: Uplink
let running: Promise<void>

beforeEach(async () => {
  held = new Map()
  settled = []
  sent = []
  profiles = new Map<string, CompiledProfile>([
    ['prompt', prompt],
    ['changing', later],
  ])
  const engine = new MemoryEngine()
  const bounds = { maxBytes: 1_000_000, retentionMs: 0, onFull: 'reject' as const, isDiskFull: () => false }
  journal = await Journal.open(engine, { ...bounds, lanes: [PLACE] }, (_, next) => lane.announce(next))
  const quarantine = { quarantineMaxEntries: 100, quarantineMaxBytes: 100_000, quarantineRetentionMs: 60_000 }
  lane = await Lane.open(engine, { ...PLACE, ...quarantine, windowMessages: 100, onSaveFailed: () => {} })
  uplink = new Uplink(CONFIRMS, {
    batch: { maxEntities: 4, maxBytes: 100_000, linger: 1 },
    concurrency: { min: 1, max: 1 },
    retry: { initial: 1, max: 1, retryAfterMax: 1, alarmMax: 1 },
    onTrouble: () => {},
  })
  running = carryOut(lane, {
    devices: new KnownDevices(REGISTRY),
    profiles,
    uplink,
    turns: new Turns(),
    shadows: { see: () => {} },
    checks: { check: undefined },
    onSettled: (message, outcome) => settled.push(`${message.payload} ${show(outcome)}`),
    onOmitted: () => {},
    repeats: new Repeats(),
    onDoubtfulTime: () => {},
  })
})

afterEach(async () => {
  await uplink.close()
  await lane.close()
  await running
})

function toReading({ payload, receivedAt }: Message): Reading {
  return { values: { n: Number(payload) }, observedAt: receivedAt }
}

function show(outcome: Outcome): string {
  return outcome.kind === 'quarantined' ? `${outcome.code}: ${outcome.detail}` : outcome.kind
}

async function publish(device: string, ...numbers: readonly number[]): Promise<void> {
  for (const n of numbers) {
    await append(
      journal,
      createMessage({ device, topic: `tromost/${device}/up`, payload: Buffer.from(`${n}`) }),
    )
  }
}

function find(n: number): Held {
  const found = held.get(`${n}`)
  if (found === undefined) throw new Error(`expected ${n} to be decoded by now`)
  return found
}

test('messages for a script are all decoded at once, settled in their order, and wait for no other device', async () => {
  await publish('d1', 1, 2, 3)
  await publish('d2', 4)
  await until('the message of the other device arrives', () => settled.length === 1)
  expect([...held.keys()]).toEqual(['1', '2', '3'])
  for (const n of [3, 2, 1]) find(n).give()
  await until('all are settled', () => settled.length === 4)
  expect(settled).toEqual(['4 delivered', '1 delivered', '2 delivered', '3 delivered'])
})

test('a message behind one that a script has waits for it, though its own decoder would not', async () => {
  await publish('d1', 1)
  await until('the first is with the script', () => held.has('1'))
  profiles.set('changing', prompt)
  await publish('d1', 2)
  await publish('d2', 3)
  await until('the message of the other device arrives', () => settled.length === 1)
  find(1).give()
  await until('all are settled', () => settled.length === 3)
  expect(settled).toEqual(['3 delivered', '1 delivered', '2 delivered'])
})

test('what a script fails with is the reason in quarantine, and so is a value that does not fit', async () => {
  await publish('d1', 1, 100, 3)
  await until('all are with the script', () => held.has('3'))
  find(1).fail(new TromostError('SCRIPT_LIMIT', 'codec x: time limit'))
  find(100).give()
  find(3).give()
  await until('all are settled', () => settled.length === 3)
  expect(settled).toEqual([
    '1 SCRIPT_LIMIT: codec x: time limit',
    '100 MAP_FAILED: Thing.n: expected a number from 0 to 99, got 100',
    '3 delivered',
  ])
})

test('what a script still has when the lane is closed is not settled', async () => {
  await publish('d1', 1)
  await until('it is with the script', () => held.has('1'))
  await lane.close()
  await running
  expect(lane.getBalance()).toMatchObject({ received: 1, waiting: 1, delivered: 0, quarantined: 0 })
})

test('the part of a message that can be read is sent, and the message is kept with the reason', async () => {
  const readings = [toReading(createMessage({ payload: Buffer.from('7') }))]
  const partly: CompiledProfile = {
    ...prompt,
    decode: () => {
      throw new PartlyDecoded(readings, 'expected a known channel at 4')
    },
  }
  profiles.set('prompt', partly)
  await publish('d2', 1)
  await until('the message is settled', () => settled.length === 1)
  expect(settled).toEqual(['1 DECODE_PARTIAL: expected a known channel at 4'])
  expect(sent).toEqual([['urn:ngsi-ld:Thing:d2']])
})

test('a part that does not fit the mapping is not sent, and the message is kept with that reason', async () => {
  const readings = [toReading(createMessage({ payload: Buffer.from('700') }))]
  const fail = () => {
    throw new PartlyDecoded(readings, 'expected a known channel at 4')
  }
  profiles.set('prompt', { ...prompt, decode: fail })
  await publish('d2', 1)
  await until('the message is settled', () => settled.length === 1)
  expect(settled[0]).toMatch(/^1 MAP_FAILED: /)
  expect(sent).toEqual([])
})
