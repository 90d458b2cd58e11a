import { describe, expect, test } from '@jest/globals'
import { runSamples } from '../../src/profiles/samples.ts'
import { openPool } from '../decode-sandbox/sandbox-pool.ts'
import { createProfile } from './sound-profile.ts'

const OBSERVED_AT = '2026-01-15T09:00:00.000Z'
const ENTITY = {
  id: 'urn:ngsi-ld:WeatherObserved:d1',
  type: 'WeatherObserved',
  temperature: { type: 'Property', value: 21.5, unitCode: 'CEL', observedAt: OBSERVED_AT },
}

function run(payload: unknown, entities: unknown) {
  return runSamples([createProfile({ samples: [{ name: 'one', payload, device: { id: 'd1' }, entities }] })])
}

describe('running samples', () => {
  test('passes a sample that gives the entities that it promises', async () => {
    expect(await run({ json: { temperature: 21.5 } }, [ENTITY])).toEqual([
      { profile: 'maker-model', sample: 'one', passed: true, difference: '' },
    ])
    expect(await run({ hex: '7B 22 74 22 3A 31 7D' }, [])).toEqual([
      { profile: 'maker-model', sample: 'one', passed: true, difference: '' },
    ])
  })

  test.each([
    [
      [{ ...ENTITY, temperature: { ...ENTITY.temperature, value: 215 } }],
      'entities.0.temperature.value: expected 215, got 21.5',
    ],
    [[{ ...ENTITY, humidity: 1 }], 'entities.0.humidity: expected 1, got nothing'],
    [[], expect.stringContaining('entities.0: expected nothing, got {"id":"urn:ngsi-ld:WeatherObserved:d1"')],
    [
      [{ id: ENTITY.id, type: ENTITY.type }],
      expect.stringContaining('entities.0.temperature: expected nothing, got {'),
    ],
  ])('shows where %j differs', async (entities, difference) => {
    expect(await run({ json: { temperature: 21.5 } }, entities)).toEqual([
      { profile: 'maker-model', sample: 'one', passed: false, difference },
    ])
  })

  test('sends a frame with a port as a network server would', async () => {
    const profile = createProfile({
      decode: { bytes: { fields: { temperature: { at: 0, read: 'i16be', scale: 0.1 } } } },
      entities: [
        {
          type: 'WeatherObserved',
          attributes: { temperature: { from: 'temperature', when: 'link.fPort == 2', unit: 'CEL' } },
        },
      ],
      samples: [2, 3].map(fPort => ({
        name: `port ${fPort}`,
        payload: { hex: '00 D7', fPort },
        device: { id: 'd1' },
        entities: fPort === 2 ? [ENTITY] : [],
      })),
    })
    expect((await runSamples([profile])).map(({ difference }) => difference)).toEqual(['', ''])
  })

  test('hears what came before, for each sample anew', async () => {
    const birth = '120c0a0174100720096500000000'
    const before = [{ topic: 'spBv1.0/g/NBIRTH/e', payload: { hex: birth } }]
    const data = { topic: 'spBv1.0/g/NDATA/e', payload: { hex: '120710076500002841' } }
    const expected = {
      id: 'urn:ngsi-ld:WeatherObserved:e',
      type: 'WeatherObserved',
      temperature: { type: 'Property', value: 10.5, observedAt: OBSERVED_AT },
    }
    const profile = createProfile({
      decode: { sparkplug: {} },
      entities: [{ type: 'WeatherObserved', attributes: { temperature: { from: 't' } } }],
      samples: [
        { name: 'after its birth', before, ...data, device: { id: 'e' }, entities: [expected] },
        { name: 'before it', ...data, device: { id: 'e' }, entities: [] },
      ],
    })
    expect(await runSamples([profile])).toEqual([
      { profile: 'maker-model', sample: 'after its birth', passed: true, difference: '' },
      {
        profile: 'maker-model',
        sample: 'before it',
        passed: false,
        difference: expect.stringContaining('expected a birth before that announces alias 7'),
      },
    ])
  })

  test('shows why a payload cannot be decoded', async () => {
    expect(await run({ text: '{"t":' }, [])).toEqual([
      {
        profile: 'maker-model',
        sample: 'one',
        passed: false,
        difference: 'DECODE_FAILED: expected JSON (cut off at byte 5), got {"t":',
      },
    ])
  })

  test('runs the script of a profile, in a pool that is opened for scripts only and closed again', async () => {
    let opened = 0
    let closed = 0
    const openCodecs = async () => {
      const pool = await openPool()
      const close = pool.close.bind(pool)
      opened += 1
      pool.close = async () => {
        closed += 1
        await close()
      }
      return pool
    }
    const source = `function decodeUplink(input) {
      if (input.fPort === 3) return { errors: ['no such port'] }
      return { data: { temperature: (input.bytes[0] << 8 | input.bytes[1]) / 10 } }
    }`
    const script = createProfile({
      id: 'scripted',
      decode: { script: { source } },
      samples: [2, 3].map(fPort => ({
        name: `port ${fPort}`,
        payload: { hex: '00 D7', fPort },
        device: { id: 'd1' },
        entities: [ENTITY],
      })),
    })
    const plain = createProfile({})
    expect((await runSamples([plain], openCodecs)).map(({ passed }) => passed)).toEqual([true])
    expect([opened, closed]).toEqual([0, 0])
    expect(await runSamples([plain, script], openCodecs)).toEqual([
      { profile: 'maker-model', sample: 'a heartbeat', passed: true, difference: '' },
      { profile: 'scripted', sample: 'port 2', passed: true, difference: '' },
      {
        profile: 'scripted',
        sample: 'port 3',
        passed: false,
        difference: 'DECODE_FAILED: codec scripted: no such port',
      },
    ])
    expect([opened, closed]).toEqual([1, 1])
  })
})
