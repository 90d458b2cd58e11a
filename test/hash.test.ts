import { expect, test } from '@jest/globals'
import { hashBytes, hashPair, hashText } from '../src/hash.ts'

test('hashes are on disk, so they stay as they are', () => {
  expect(hashText('urn:ngsi-ld:WeatherObserved:six-1')).toBe(2_450_045_292_857_780)
  expect(hashBytes(Buffer.from('{"temperature":21.5}'))).toBe(4_425_176_544_366_984)
  expect(hashPair(hashText('a'), hashText('temperature'))).toBe(5_173_736_303_137_135)
})

test('what differs in a single place has another hash, and a hash is a whole number from 1 to 2^53', () => {
  const hashes = new Set<number>()
  let count = 0
  const add = (hash: number) => {
    expect(Number.isSafeInteger(hash) && hash > 0).toBe(true)
    hashes.add(hash)
    count += 1
  }
  for (let length = 0; length < 40; length++) {
    for (let at = 0; at < length; at++) {
      for (const bit of [1, 2, 64, 128]) {
        const bytes = Buffer.alloc(length)
        bytes[at] = bit
        add(hashBytes(bytes))
      }
    }
    add(hashBytes(Buffer.alloc(length)))
  }
  for (let number = 0; number < 20_000; number++) {
    add(hashText(`sensor-${number}`))
    add(hashPair(number, 7))
    add(hashPair(7, number + 100_000))
  }
  expect(hashes.size).toBe(count)
})

test('the low bits, by which tables are filled, are spread evenly', () => {
  const slots = new Array<number>(64).fill(0)
  for (let number = 0; number < 6_400; number++) {
    const slot = hashPair(hashText(`urn:ngsi-ld:Device:${number}`), hashText('battery')) & 63
    slots[slot] = (slots[slot] ?? 0) + 1
  }
  expect(Math.max(...slots)).toBeLessThan(150)
  expect(Math.min(...slots)).toBeGreaterThan(50)
})
