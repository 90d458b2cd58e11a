/**
 * Hashes of 53 bits, which a number holds exactly: among a million things two are mistaken for each other once in ten thousand
 * agents. They are on disk, so they never change. Not for secrets.
 */

const SEEDS = [0x9e3779b9, 0x7f4a7c15] as const
const FACTORS = [0x85ebca6b, 0xc2b2ae35] as const
const FINAL_FACTORS = [0x27d4eb2f, 0x165667b1] as const
const HIGH_BITS = 0x1f_ffff
const TWO_TO_32 = 2 ** 32

export function hashText(text: string, before = 0): number {
  let low = SEEDS[0] ^ (before | 0)
  let high = SEEDS[1] ^ ((before / TWO_TO_32) | 0)
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    low = Math.imul(low ^ unit, FACTORS[0])
    high = Math.imul((high << 5) ^ (high >>> 27) ^ unit, FACTORS[1])
  }
  return finish(low ^ text.length, high)
}

export function hashBytes(bytes: Uint8Array, before = 0): number {
  let low = SEEDS[0] ^ (before | 0)
  let high = SEEDS[1] ^ ((before / TWO_TO_32) | 0)
  const words = bytes.length & ~3
  for (let at = 0; at < words; at += 4) {
    const word =
      getByte(bytes, at) |
      (getByte(bytes, at + 1) << 8) |
      (getByte(bytes, at + 2) << 16) |
      (getByte(bytes, at + 3) << 24)
    low = Math.imul(low ^ word, FACTORS[0])
    low ^= low >>> 15
    high = Math.imul(high ^ word, FACTORS[1])
    high ^= high >>> 13
  }
  for (let at = words; at < bytes.length; at++) {
    low = Math.imul(low ^ getByte(bytes, at), FACTORS[0])
    high = Math.imul(high ^ getByte(bytes, at), FACTORS[1])
  }
  return finish(low ^ bytes.length, high)
}

function getByte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

/** One hash of two. */
export function hashPair(one: number, other: number): number {
  const low = Math.imul((one | 0) ^ SEEDS[0], FACTORS[0]) ^ (other | 0)
  const high =
    Math.imul(((one / TWO_TO_32) | 0) ^ SEEDS[1], FACTORS[1]) ^ ((other / TWO_TO_32) | 0) ^ (low >>> 11)
  return finish(low, high)
}

/** From 1 on: 0 is no hash. */
function finish(low: number, high: number): number {
  let one = Math.imul(low ^ (high >>> 16), FINAL_FACTORS[0])
  one ^= one >>> 15
  let other = Math.imul(high ^ (one >>> 13), FINAL_FACTORS[1])
  other ^= other >>> 16
  return (other & HIGH_BITS) * TWO_TO_32 + (one >>> 0) || 1
}
