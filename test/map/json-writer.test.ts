import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { JsonWriter } from '../../src/map/json-writer.ts'
import { Piece } from '../../src/map/piece.ts'

type Part = number | string | Piece

function putAll(writer: JsonWriter, parts: readonly Part[]): void {
  for (const part of parts) {
    if (typeof part === 'number') writer.putNumber(part)
    else if (typeof part === 'string') writer.putText(part)
    else writer.put(part)
  }
}

function write(...parts: readonly Part[]): string {
  const writer = new JsonWriter()
  writer.begin()
  putAll(writer, parts)
  return writer.take().toString()
}

describe('numbers', () => {
  const expectAsJson = (number: number) => expect(write(number)).toBe(JSON.stringify(number))

  test.each([
    ...[0, -0, 5, 10, 99, 100, 999_999, 1e6, 0x7fff_ffff, 0x8000_0000, -0x8000_0000, 2 ** 53, 1e21, 1e300],
    ...[0.1, 0.001, 0.01, 0.05, 1.005, -0.5, -12.34, 21.5, 100.001, 999_999.999, 1_000_000.5],
    ...[0.0001, 1 / 3, 0.1 + 0.2, 1e-7, 5e-324, 123.4567, 0.9995, 999_999.9999],
  ])('%p is written as JSON writes it', expectAsJson)

  test('any finite number is written as JSON writes it', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), expectAsJson))
    fc.assert(fc.property(fc.integer(), expectAsJson))
  })

  test('any number of sensors, with some decimals, is written as JSON writes it', () => {
    const decimals = fc.tuple(fc.integer({ min: -2e9, max: 2e9 }), fc.constantFrom(1, 10, 100, 1000, 10_000))
    fc.assert(
      fc.property(decimals, ([digits, power]) => expectAsJson(digits / power)),
      { numRuns: 2_000 },
    )
  })
})

describe('text', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.string({ unit: 'grapheme' }).map(text => new Piece(text)),
    ),
  )

  test('pieces of any length follow one another', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(texts, all => {
        expect(write(...all.map(text => new Piece(text)))).toBe(all.join(''))
        expect(write(...all)).toBe(all.join(''))
      }),
    )
  })

  test('what was taken stays as it is while more than a slab is written after it', () => {
    const writer = new JsonWriter()
    const taken: { readonly json: Buffer; readonly text: string }[] = []
    fc.assert(
      fc.property(pieces, fc.nat(20_000), (parts, bytes) => {
        writer.begin()
        putAll(writer, [...parts, 'č'.repeat(bytes)])
        taken.push({ json: writer.take(), text: write(...parts, 'č'.repeat(bytes)) })
      }),
    )
    expect(taken.reduce((sum, { json }) => sum + json.length, 0)).toBeGreaterThan(512 * 1024)
    for (const { json, text } of taken) expect(json.toString()).toBe(text)
  })

  test('an entity that is longer than a slab is whole', () => {
    const text = 'x'.repeat(300_000)
    expect(write('{', text, 1, text, new Piece('}'))).toBe(`{${text}1${text}}`)
  })
})

test('what is cut off is as if it had not been written', () => {
  const writer = new JsonWriter()
  writer.begin()
  writer.putText('{"a":1')
  const before = writer.length
  writer.putText(',"b":"č"')
  writer.cut(before)
  writer.put(new Piece('}'))
  expect(writer.take().toString()).toBe('{"a":1}')
})

test('what was begun and not taken is not in the next', () => {
  const writer = new JsonWriter()
  writer.begin()
  writer.putText('first')
  const first = writer.take()
  writer.begin()
  writer.putText('given up')
  writer.begin()
  writer.putText('next')
  expect([first.toString(), writer.take().toString()]).toEqual(['first', 'next'])
})

test('a piece has other text in the place of its own', () => {
  const piece = new Piece('"at":"09:00"')
  piece.replace('"at":"'.length, '10:30')
  expect(write(piece, piece)).toBe('"at":"10:30""at":"10:30"')
})
