import { beforeEach, describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import type { CompiledProfile } from '../../src/draining/carried.ts'
import { LaneProfiles } from '../../src/draining/lane-profiles.ts'
import { parseEntity } from '../../src/entity-text.ts'
import { loadBirths } from '../../src/journal/births.ts'
import { Journal } from '../../src/journal/journal.ts'
import { Lane, type LaneMessage } from '../../src/journal/lane.ts'
import { compileMapper } from '../../src/map/map.ts'
import type { Entity } from '../../src/reading.ts'
import { createRegistry } from '../ingest/test-ingest.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { append, createMessage } from '../support/messages.ts'
import { bdSeq, encodeSparkplug, type Metric } from '../support/sparkplug.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const PROFILE = createProfile({
  id: 'sparkplug',
  decode: { sparkplug: {} },
  entities: [
    { type: 'T', attributes: { t: { from: 't' }, h: { from: 'h' }, online: { from: 'link.online' } } },
  ],
})
const OTHER = createProfile({ id: 'other' })
const COMPILED = new Map<string, CompiledProfile>(
  [PROFILE, OTHER].map(profile => [
    profile.id,
    { decode: compileDecoder(profile), map: compileMapper(profile) },
  ]),
)
const REGISTRY = createRegistry({
  tenants: [{ id: 'kranj' }],
  devices: [
    { tenant: 'kranj', id: 'gw-1', profile: 'sparkplug' },
    { tenant: 'kranj', id: 'gw-1:air', profile: 'sparkplug' },
    { tenant: 'kranj', id: 'text', profile: 'other' },
  ],
})
const T: Metric = { name: 't', alias: 1, type: 'float', value: 1 }
const DATA: Metric = { alias: 1, value: 5, as: 'float' }

let engine: MemoryEngine
let journal: Journal

beforeEach(async () => {
  engine = new MemoryEngine()
  const options = { maxBytes: 1_000_000, retentionMs: 0, onFull: 'reject' as const, lanes: [PLACE] }
  journal = await Journal.open(engine, { ...options, isDiskFull: () => false }, () => {})
})

async function store(topic: string, metrics: readonly Metric[]): Promise<void> {
  const payload = encodeSparkplug({ timestamp: 1_700_000_000_000, seq: 0, metrics })
  await append(journal, createMessage({ topic: `spBv1.0/kranj/${topic}`, device: '', payload }))
}

/** A lane as it is after a start: at its saved cursor, with what it finds on disk. */
async function open(destination = 'main'): Promise<{ lane: Lane; profiles: LaneProfiles }> {
  const lane = await Lane.open(engine, {
    ...PLACE,
    destination,
    windowMessages: 100,
    quarantineMaxEntries: 100,
    quarantineMaxBytes: 1_000_000,
    quarantineRetentionMs: 60_000,
    onSaveFailed: () => {},
  })
  const profiles = new LaneProfiles({
    lane,
    loadBirths: () => loadBirths(engine, 'kranj', lane.position),
    registry: REGISTRY,
    onRebirthNeeded: () => {},
  })
  await profiles.use([PROFILE, OTHER], COMPILED)
  return { lane, profiles }
}

async function take(lane: Lane, count: number): Promise<readonly LaneMessage[]> {
  const taken: LaneMessage[] = []
  while (taken.length < count) taken.push(...(await lane.take()))
  return taken
}

function carry(profiles: LaneProfiles, { message, position }: LaneMessage): readonly Entity[] {
  const device = REGISTRY.resolve('kranj', message.topic).device
  const profile = profiles.get(device?.profile ?? '')
  if (device === undefined || profile?.decode === undefined)
    throw new Error('expected a device with a profile without a script')
  return profile
    .decode(message, position)
    .flatMap(reading => profile.map(reading, device).entities.map(parseEntity))
}

/** A lane that reads all that there is, and dies when some of it is settled. */
async function carryAndClose(destination: string, settled: number): Promise<void> {
  const { lane, profiles } = await open(destination)
  const taken = await take(lane, journal.getReceived('kranj'))
  for (const item of taken) carry(profiles, item)
  for (const item of taken.slice(0, settled)) lane.settle(item, { kind: 'delivered' })
  await lane.close()
}

function valuesOf(entities: readonly Entity[], attribute: string): readonly unknown[] {
  return entities.map(entity => [entity.id, (entity[attribute] as { value?: unknown } | undefined)?.value])
}

describe('a lane that starts again', () => {
  test('behind a birth reads data by what that birth said', async () => {
    await store('DBIRTH/gw-1/air', [T])
    await carryAndClose('main', 1)
    await store('DDATA/gw-1/air', [DATA])
    const second = await open()
    const [data] = await take(second.lane, 1)
    if (data === undefined) throw new Error('expected the data')
    expect(valuesOf(carry(second.profiles, data), 't')).toEqual([['urn:ngsi-ld:T:gw-1:air', 5]])
  })

  test('reads its messages by what was said before them, though another lane has come to a later birth', async () => {
    await store('DBIRTH/gw-1/air', [T])
    await store('DDATA/gw-1/air', [DATA])
    await store('DBIRTH/gw-1/air', [{ ...T, name: 'h' }])
    await store('DDATA/gw-1/air', [DATA])
    await carryAndClose('fast', 4)
    await carryAndClose('slow', 1)
    const { lane, profiles } = await open('slow')
    const [before, , after] = (await take(lane, 3)).map(item => carry(profiles, item))
    expect(valuesOf(before ?? [], 't')).toEqual([['urn:ngsi-ld:T:gw-1:air', 5]])
    expect(valuesOf(after ?? [], 'h')).toEqual([['urn:ngsi-ld:T:gw-1:air', 5]])
    await lane.close()
  })

  test('reads messages again whose birth was read and not settled', async () => {
    await store('DBIRTH/gw-1/air', [T])
    await store('DDATA/gw-1/air', [DATA])
    await carryAndClose('main', 0)
    const { lane, profiles } = await open()
    const [, data] = (await take(lane, 2)).map(item => carry(profiles, item))
    expect(valuesOf(data ?? [], 't')).toEqual([['urn:ngsi-ld:T:gw-1:air', 5]])
    await lane.close()
  })
})

describe('the death of an edge node', () => {
  test('is that of its devices which are provisioned', async () => {
    await store('NBIRTH/gw-1', [bdSeq(1)])
    await store('DBIRTH/gw-1/air', [T])
    await store('DBIRTH/gw-1/text', [T])
    await store('NDEATH/gw-1', [bdSeq(1)])
    const { lane, profiles } = await open()
    const [node, air, , death] = await take(lane, 4)
    if (node === undefined || air === undefined || death === undefined)
      throw new Error('expected four messages')
    carry(profiles, node)
    carry(profiles, air)
    expect(valuesOf(carry(profiles, death), 'online')).toEqual([
      ['urn:ngsi-ld:T:gw-1', false],
      ['urn:ngsi-ld:T:gw-1:air', false],
    ])
    await lane.close()
  })
})

test('profiles of other formats stay the very same', async () => {
  const { lane, profiles } = await open()
  expect(profiles.get('other')).toBe(COMPILED.get('other'))
  expect(profiles.get('sparkplug')).not.toBe(COMPILED.get('sparkplug'))
  await lane.close()
})
