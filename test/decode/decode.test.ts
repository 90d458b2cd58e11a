import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileDecoder } from '../../src/decode/decode.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { createMessage } from './create-message.ts'
import { expectReadingsOrFailure } from './format-suite.ts'

const DECODERS = [
  { json: {} },
  { json: { path: 'object', observedAt: 'time', timezone: 'Europe/Ljubljana' } },
  { text: {} },
].map(decode => compileDecoder(createProfile({ decode })))

const topics = fc.constantFrom('tromost/d1/up', '/key/d1/attrs', '/key/d1/attrs/h')
const truncatedJson = fc
  .tuple(fc.json({ maxDepth: 6 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([text, share]) => Buffer.from(text.slice(0, Math.ceil(text.length * share))))
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  truncatedJson,
  fc.json().map(text => Buffer.from(`{"time":${text},"object":${text}}`)),
)

test('a script is not decoded at once', () => {
  const script = { source: 'function decodeUplink() {}' }
  expect(() => compileDecoder(createProfile({ decode: { script } }))).toThrow(
    'expected a profile without a script',
  )
})

describe('any payload', () => {
  test('gives readings with a time, or fails as DECODE_FAILED with a short detail', () => {
    fc.assert(
      fc.property(payloads, topics, (payload, topic) => {
        for (const decode of DECODERS) expectReadingsOrFailure(decode, createMessage(payload, topic))
      }),
      { numRuns: 2000 },
    )
  })
})
