/** Reads DER (X.690), as far as certificates and their revocation lists need it: each value once, with its bytes. */

export interface DerValue {
  /** The identifier octet: class, form and number. */
  readonly tag: number
  readonly content: Buffer
}

/** The identifier octets that are looked for. Of one's own class: `[n]` is 0xA0 + n where it holds others, 0x80 + n where not. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  id: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  teletex: 0x14,
  ia5: 0x16,
  utcTime: 0x17,
  time: 0x18,
  bmp: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** The values that stand one behind the other. Throws where the bytes are not that. */
export function readValues(bytes: Buffer): readonly DerValue[] {
  const values: DerValue[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at)
    const [length, start] = readLength(bytes, at + 1)
    const end = start + length
    if (end > bytes.length) throw new Error(`expected ${length} bytes, got ${bytes.length - start}`)
    values.push({ tag, content: bytes.subarray(start, end) })
    at = end
  }
  return values
}

/** The values within one that holds others. */
export function readWithin(value: DerValue | undefined, tag: number): readonly DerValue[] {
  if (value?.tag !== tag) throw new Error(`expected a value of type ${tag}, got ${value?.tag ?? 'none'}`)
  return readValues(value.content)
}

/** Milliseconds since the epoch, of the two forms of RFC 5280, 4.1.2.5. */
export function readTime({ tag, content }: DerValue): number {
  const text = content.toString('latin1')
  const [, year = '', rest = ''] =
    (tag === TAG.utcTime ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text) ?? []
  const full = year.length === 2 ? `${Number(year) < 50 ? 20 : 19}${year}` : year
  const [month, day, hour, minute, second] = rest.match(/\d\d/g) ?? []
  const time = Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time)) throw new Error(`expected a time, got ${JSON.stringify(text)}`)
  return time
}

/** What a string says; nothing for one that is not what its type promises. */
export function readText({ tag, content }: DerValue): string | undefined {
  if (tag === TAG.bmp) return Buffer.from(content).swap16().toString('utf16le')
  if (tag === TAG.teletex) return content.toString('latin1')
  const text = content.toString('utf8')
  return Buffer.from(text).equals(content) ? text : undefined
}

function readLength(bytes: Buffer, at: number): readonly [length: number, start: number] {
  const first = bytes.readUInt8(at)
  if (first < 0x80) return [first, at + 1]
  const count = first & 0x7f
  if (count < 1 || count > 4) throw new Error(`expected a length of 1 to 4 bytes, got ${count}`)
  return [bytes.readUIntBE(at + 1, count), at + 1 + count]
}
