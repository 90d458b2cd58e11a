/** Ways to spoil what is sound: bytes, text, and values of JSON. */
import type { Random } from './random.ts'

const CHANGES_MAX = 6
const PIECE_BYTES_MAX = 64
const REPEATS_MAX = 200

/** Lengths, counts and bounds that are often one too many. */
const ODD_BYTES = [
  '00',
  'ff',
  '7f',
  '80',
  '0000',
  'ffff',
  '7fff',
  '8000',
  'ffffff7f',
  '80808001',
  'edb080',
  'c080',
]
const ODD_WORDS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length'],
  ...['null', 'NaN', '-0', '1e999', '-1', '9007199254740993', '0x10', '.inf', 'true', '2026-02-30T25:61:61Z'],
  ...[
    '\0',
    '\u202e',
    '\ud83d\ude00',
    '\ufeff',
    '\r\n',
    '\t',
    `$\{env:HOME}`,
    '{device.id}',
    '../../etc/passwd',
  ],
  ...[
    '&a',
    '*a',
    '<<',
    '!!js/function',
    '---',
    '? ',
    ': ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|',
    '>',
    '#',
    ',',
  ],
]
const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -0, -1, 1e308, 5e-324, 2 ** 53, 1.5, '', ' ', [], {}, [[]], [null]],
  ...ODD_WORDS,
]

export function spoilBytes(sound: Buffer, random: Random, others: readonly Buffer[] = []): Buffer {
  let bytes = sound
  for (let changes = 1 + random.below(CHANGES_MAX); changes > 0; changes -= 1)
    bytes = spoilOnce(bytes, random, others)
  return bytes
}

function spoilOnce(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + random.below(PIECE_BYTES_MAX))
  const join = (...middle: readonly Buffer[]) =>
    Buffer.concat([bytes.subarray(0, at), ...middle, bytes.subarray(end)])
  switch (random.below(9)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return join()
    case 2:
      return join(random.bytes(random.below(PIECE_BYTES_MAX)))
    case 3:
      return join(Buffer.from(random.pick(ODD_BYTES), 'hex'))
    case 4:
      return join(...Array<Buffer>(random.below(REPEATS_MAX)).fill(bytes.subarray(at, end)))
    case 5:
      return others.length === 0 ? bytes : join(random.pick(others))
    case 6:
      return join(Buffer.from(random.pick(ODD_WORDS)))
    default: {
      const changed = Buffer.from(bytes)
      if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
      return changed
    }
  }
}

/** By lines, words and characters, so that much of it can still be read. */
export function spoilText(sound: string, random: Random): string {
  let text = sound
  for (let changes = 1 + random.below(CHANGES_MAX); changes > 0; changes -= 1)
    text = spoilTextOnce(text, random)
  return text
}

function spoilTextOnce(text: string, random: Random): string {
  return random.chance(0.5) ? spoilLine(text, random) : spoilWord(text, random)
}

function spoilLine(text: string, random: Random): string {
  const lines = text.split('\n')
  const at = random.below(lines.length)
  const line = lines[at] ?? ''
  const changes = [
    () => lines.toSpliced(at, 1 + random.below(3)),
    () => lines.toSpliced(at, 0, random.pick(lines)),
    () => lines.with(at, `${' '.repeat(random.below(6))}${line.trim()}`),
    () => lines.toSpliced(at, 1, ...Array<string>(random.below(REPEATS_MAX)).fill(line)),
  ]
  return random.pick(changes)().join('\n')
}

function spoilWord(text: string, random: Random): string {
  const words = text.split(/(\b)/)
  const at = random.below(words.length)
  const times = 1 + random.below(random.chance(0.05) ? REPEATS_MAX : 2)
  const changes = [
    () => words.toSpliced(at, 1),
    () => words.with(at, random.pick(ODD_WORDS).repeat(times)),
    () => words.with(at, random.pick(words)),
    () => words.toSpliced(at, 0, random.pick(ODD_WORDS)),
  ]
  return random.pick(changes)().join('')
}

/** A copy with something odd at one or some of its places. */
export function spoilValue(sound: unknown, random: Random): unknown {
  let value = sound
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) value = spoilPlace(value, random)
  return value
}

function spoilPlace(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.2)) return toOdd(value, random)
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1)
    return value.toSpliced(at, 1, spoilPlace(value[at], random))
  }
  const entries = Object.entries(value)
  const at = random.below(entries.length + 1)
  const [key, inner] = entries[at] ?? [random.pick(ODD_WORDS), null]
  if (random.chance(0.1)) return fromEntries(entries.toSpliced(at, 1))
  if (random.chance(0.1)) return fromEntries(entries.toSpliced(at, 1, [random.pick(ODD_WORDS), inner]))
  return fromEntries(entries.toSpliced(at, 1, [key, spoilPlace(inner, random)]))
}

/** As JSON.parse makes it: `__proto__` is a key like any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  const value = {}
  for (const [key, inner] of entries) {
    Object.defineProperty(value, key, { value: inner, enumerable: true, configurable: true, writable: true })
  }
  return value
}

function toOdd(value: unknown, random: Random): unknown {
  if (typeof value === 'string' && random.chance(0.6)) return spoilText(value, random)
  if (random.chance(0.05)) return Array.from({ length: REPEATS_MAX }, () => value)
  if (random.chance(0.05)) return nest(value, 1 + random.below(REPEATS_MAX))
  return random.pick(ODD_VALUES)
}

function nest(value: unknown, depth: number): unknown {
  return depth === 0 ? value : [nest(value, depth - 1)]
}
