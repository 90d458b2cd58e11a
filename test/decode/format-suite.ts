/** What every decode format must do, whatever bytes it reads. Each format's own test calls this with vectors of its own. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileDecoder, type Decode } from '../../src/decode/decode.ts'
import { PartlyDecoded } from '../../src/decode/partly-decoded.ts'
import { TromostError } from '../../src/errors.ts'
import type { Message, Reading } from '../../src/reading.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { createMessage, createUplink } from './create-message.ts'

type Raw = Readonly<Record<string, unknown>>

interface Vector {
  readonly name: string
  /** What stands in a profile under `decode`. */
  readonly decode: Raw
  /** Bytes in hexadecimal with any spaces, or text. */
  readonly hex?: string
  readonly text?: string
  /** The message comes in ChirpStack's envelope then. */
  readonly fPort?: number
  readonly topic?: string
  /** The values of each reading. Numbers that are no decimals may be off by what no sensor measures. */
  readonly readings: readonly Raw[]
}

interface FormatCase {
  readonly vectors: readonly Vector[]
  /** A payload that gives a value the name `__proto__`, where the format has names in its payloads. */
  readonly hostileName?: Pick<Vector, 'hex' | 'text'>
}

const PACKET_BYTES = 256 * 1024
const TIME_MS_MAX = 3_000

/** Calls the decoder of a profile that has nothing but this format, and what is changed of it. */
export function decodeAs(decode: Raw, message: Message, changes: Raw = {}): readonly Reading[] {
  return compileDecoder(createProfile({ ...changes, decode }))(message)
}

/** What could be read of a message that cannot be read whole. */
export function decodePart(decode: () => readonly Reading[]): {
  readonly readings: readonly Reading[]
  readonly fault: string
} {
  try {
    return { readings: decode(), fault: '' }
  } catch (error) {
    if (!(error instanceof PartlyDecoded)) throw error
    return { readings: error.readings, fault: error.message }
  }
}

export function describeFormat(name: string, { vectors, hostileName }: FormatCase): void {
  describe(`the format ${name}`, () => {
    test.each(vectors)('reads $name', vector => {
      const readings = decodeAs(vector.decode, toMessage(vector))
      expect(readings).toHaveLength(vector.readings.length)
      for (const [index, values] of vector.readings.entries()) {
        expectValues(readings[index]?.values, values)
      }
    })

    test('makes readings of any bytes, or fails as DECODE_FAILED with a short detail', () => {
      const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
      fc.assert(
        fc.property(bytes, fc.nat(), (payload, choice) => {
          const vector = at(vectors, choice)
          expectReadingsOrFailure(compile(vector), toMessage(vector, payload))
        }),
        { numRuns: 1000 },
      )
    })

    test('makes readings of a valid payload with one byte changed, or fails', () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat(), fc.nat({ max: 255 }), (choice, place, byte) => {
          const vector = at(vectors, choice)
          const payload = Buffer.from(toPayload(vector))
          payload[place % payload.length] = byte
          expectReadingsOrFailure(compile(vector), toMessage(vector, payload))
        }),
        { numRuns: 1000 },
      )
    })

    test.each(vectors)('makes readings of each beginning of $name, or fails', vector => {
      const payload = toPayload(vector)
      for (let length = 0; length < payload.length; length += 1) {
        expectReadingsOrFailure(compile(vector), toMessage(vector, payload.subarray(0, length)))
      }
    })

    test.each(vectors)('is soon done with $name over and over in the largest packet', vector => {
      const payload = Buffer.alloc(PACKET_BYTES, toPayload(vector))
      const started = performance.now()
      expectReadingsOrFailure(compile(vector), toMessage(vector, payload))
      expect(performance.now() - started).toBeLessThan(TIME_MS_MAX)
    })

    test.each([0x00, 0x0a, 0x23, 0x30, 0x5b, 0x7b, 0x81, 0x9f, 0xff])(
      'is soon done with the largest packet of nothing but byte %i',
      byte => {
        const started = performance.now()
        for (const vector of vectors) {
          expectReadingsOrFailure(compile(vector), toMessage(vector, Buffer.alloc(PACKET_BYTES, byte)))
        }
        expect(performance.now() - started).toBeLessThan(TIME_MS_MAX * vectors.length)
      },
    )

    if (hostileName !== undefined) {
      test('takes no value named after the prototype', () => {
        const [vector] = vectors
        const decode = vector === undefined ? {} : vector.decode
        const message = createMessage(toPayload({ ...hostileName }))
        expect(() => decodeAs(decode, message)).toThrow('expected no key named __proto__')
      })
    }
  })
}

function expectReadings(readings: readonly Reading[]): void {
  expect(readings.length).toBeLessThanOrEqual(1000)
  for (const { observedAt, values } of readings) {
    expect(Number.isInteger(observedAt)).toBe(true)
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  }
}

/** Readings with a time, or one of the two errors that a decoder may throw. */
export function expectReadingsOrFailure(decode: Decode, message: Message): void {
  try {
    expectReadings(decode(message))
  } catch (error) {
    expect(error).toBeInstanceOf(TromostError)
    const isPart = error instanceof PartlyDecoded
    if (isPart) expectReadings(error.readings)
    expect(error).toMatchObject({ code: isPart ? 'DECODE_PARTIAL' : 'DECODE_FAILED' })
    expect(String(error).length).toBeLessThan(1500)
    expect(String(error)).not.toMatch(/\p{Cc}/u)
  }
}

const compiled = new Map<Raw, Decode>()

function compile({ decode }: Vector): Decode {
  const known = compiled.get(decode) ?? compileDecoder(createProfile({ decode }))
  compiled.set(decode, known)
  return known
}

function toMessage(vector: Vector, payload = toPayload(vector)): Message {
  if (vector.fPort !== undefined) return createUplink(payload, vector.fPort)
  return createMessage(payload, vector.topic)
}

function toPayload({ hex, text }: Pick<Vector, 'hex' | 'text'>): Buffer {
  return hex === undefined ? Buffer.from(text ?? '') : Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

function expectValues(got: Raw | undefined, expected: Raw): void {
  expect(Object.keys(got ?? {}).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === 'number' && !Number.isInteger(value)) expect(got?.[name]).toBeCloseTo(value, 9)
    else expect(got?.[name]).toEqual(value)
  }
}

function at(vectors: readonly Vector[], choice: number): Vector {
  const vector = vectors[choice % vectors.length]
  if (vector === undefined) throw new Error('expected a vector for each format')
  return vector
}
