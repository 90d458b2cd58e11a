import { beforeEach, expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import type { CompiledProfile } from '../../src/draining/carried.ts'
import { LaneProfiles } from '../../src/draining/lane-profiles.ts'
import { ReplayProfiles } from '../../src/draining/replay-profiles.ts'
import { createBirthChange, loadAllBirths } from '../../src/journal/births.ts'
import type { Change } from '../../src/journal/engine.ts'
import { compileMapper } from '../../src/map/map.ts'
import { createRegistry } from '../ingest/test-ingest.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { MemoryEngine } from '../support/memory-engine.ts'
import { createMessage } from '../support/messages.ts'
import { encodeSparkplug, type Metric } from '../support/sparkplug.ts'

const PROFILE = createProfile({
  id: 'sparkplug',
  decode: { sparkplug: {} },
  entities: [{ type: 'T', attributes: { t: { from: 't' } } }],
})
const COMPILED = new Map<string, CompiledProfile>([
  ['sparkplug', { decode: compileDecoder(PROFILE), map: compileMapper(PROFILE) }],
])
const REGISTRY = createRegistry({ tenants: [{ id: 'kranj' }], devices: [] })
const DATA: Metric = { alias: 1, value: 5, as: 'float' }

let engine: MemoryEngine
let kept: Change[]

beforeEach(() => {
  engine = new MemoryEngine()
  kept = []
})

/** What alias 1 of gw-1:air has been called since a position. */
function announce(position: number, name: string): Promise<void> {
  const value = Buffer.from(JSON.stringify([{ name, alias: '1', type: 9 }]))
  return engine.commit([createBirthChange('kranj', { of: ['kranj', 'gw-1', 'air'], position, value })])
}

function toItem(position: number, topic: string, metrics: readonly Metric[]) {
  const payload = encodeSparkplug({ timestamp: 1_700_000_000_000, seq: 0, metrics })
  return { position, message: createMessage({ topic: `spBv1.0/kranj/${topic}`, payload }) }
}

async function open(): Promise<ReplayProfiles> {
  return ReplayProfiles.open({
    births: await loadAllBirths(engine, 'kranj'),
    open: async births => {
      const profiles = new LaneProfiles({
        lane: { tenant: 'kranj', keepWith: (_position, change) => kept.push(change) },
        loadBirths: async () => births,
        registry: REGISTRY,
        onRebirthNeeded: () => {},
      })
      await profiles.use([PROFILE], COMPILED)
      return profiles
    },
  })
}

test('old data is read by the births that held at its position, whatever was announced since', async () => {
  await announce(10, 'temperature')
  await announce(20, 'pressure')
  const profiles = await open()
  const items = [5, 15, 16, 25].map(position => toItem(position, 'DDATA/gw-1/air', [DATA]))
  await profiles.prepare(items)
  const decode = profiles.get('sparkplug')?.decode
  const [before, first, second, third] = items.map(
    ({ message, position }) =>
      () =>
        decode?.(message, position),
  )
  expect(before).toThrow('DECODE_FAILED')
  expect(first?.()?.[0]?.values).toMatchObject({ temperature: 5 })
  expect(second?.()?.[0]?.values).toMatchObject({ temperature: 5 })
  expect(third?.()?.[0]?.values).toMatchObject({ pressure: 5 })
})

test('a birth that is replayed explains what follows it in the replay', async () => {
  const profiles = await open()
  const birth = toItem(3, 'DBIRTH/gw-1/air', [{ name: 'humidity', alias: 1, type: 'float', value: 1 }])
  const data = toItem(4, 'DDATA/gw-1/air', [DATA])
  await profiles.prepare([birth, data])
  const decode = profiles.get('sparkplug')?.decode
  decode?.(birth.message, birth.position)
  expect(decode?.(data.message, data.position)?.[0]?.values).toMatchObject({ humidity: 5 })
})

test('there are no profiles but those of the lane', async () => {
  expect((await open()).get('other')).toBeUndefined()
})
