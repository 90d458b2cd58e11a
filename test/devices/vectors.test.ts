import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../src/decode/decode.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { Sample } from '../../src/profiles/sample.ts'
import { createUplink } from '../decode/create-message.ts'

/** Frames that makers publish with what their decoders make of them. They are not ours to ship, and lie beside the product. */
const FILE = '../shared/data/builtin-vectors.jsonl'

interface Vector {
  readonly codec: string
  readonly fPort: number
  readonly bytesHex: string
  readonly expected: { readonly data?: unknown }
}

const loaded = loadProfiles(['devices'])
const profiles = loaded.faults === undefined ? [...loaded.value.values()] : []
const vectors: readonly Vector[] = existsSync(FILE)
  ? readFileSync(FILE, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
  : []

/** What network servers send, as far as a test looks at it. */
interface Uplink {
  readonly fPort?: number
  readonly data?: string
  readonly uplink_message?: { readonly f_port: number; readonly frm_payload: string }
}

/** `85 017564`, of a sample that is a LoRaWAN frame. */
function getFrame({ payload }: Sample): string {
  if (payload.fPort !== undefined) return `${payload.fPort} ${payload.hex?.replace(/\s/g, '').toLowerCase()}`
  const { fPort, data, uplink_message: message } = { ...(payload.json as Uplink | undefined) }
  const base64 = data ?? message?.frm_payload ?? ''
  return `${fPort ?? message?.f_port} ${Buffer.from(base64, 'base64').toString('hex')}`
}

/** Without the vectors, one skipped line says so. */
const describeWithVectors = vectors.length === 0 ? describe.skip : describe

describeWithVectors('the frames that makers publish', () => {
  const decodable = vectors.filter(({ expected }) => expected.data !== undefined)
  const frames = new Set(profiles.flatMap(({ samples }) => samples.map(getFrame)))

  test('are samples of the profiles, each of them', () => {
    expect(decodable.length).toBeGreaterThan(40)
    const missing = decodable.filter(({ fPort, bytesHex }) => !frames.has(`${fPort} ${bytesHex}`))
    expect(missing.map(({ codec, fPort, bytesHex }) => `${codec} ${fPort} ${bytesHex}`)).toEqual([])
  })
})

test('a port that the maker does not know is refused, as by its own decoder', () => {
  const lse01 = profiles.find(({ id }) => id === 'dragino-lse01')
  const frame = createUplink(Buffer.from('ce2900f107a5099b6e2890', 'hex'), 42)
  expect(() => (lse01 === undefined ? [] : compileDecoder(lse01)(frame))).toThrow(
    'DECODE_FAILED: expected fPort 2, 5, got 42',
  )
})
