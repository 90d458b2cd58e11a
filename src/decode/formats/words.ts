/** Frames of a version, a device id and a mask of 16 bits that says which groups of words follow: the way of Decentlab's devices. */
import type { WordsFormat } from '../../profiles/formats-bytes.ts'
import type { DecodeFrame } from '../frame.ts'
import { compileFields } from '../layout.ts'
import { createBytesError } from '../payload.ts'

const HEADER_BYTES = 5
const MASK_AT = 3

export function compileWords(format: WordsFormat): DecodeFrame {
  const groups = format.groups.map(compileFields)
  const { version } = format
  return ({ payload, receivedAt }) => {
    if (payload.length < HEADER_BYTES || payload[0] !== version) {
      throw createBytesError(`at least ${HEADER_BYTES} bytes of which the first is ${version}`, payload)
    }
    const mask = payload.readUInt16BE(MASK_AT)
    if (mask >= 2 ** groups.length) {
      throw createBytesError(`a mask of ${groups.length} groups at ${MASK_AT}`, payload)
    }
    const present = groups.filter((_, bit) => ((mask >> bit) & 1) === 1)
    const length = present.reduce((sum, { bytes }) => sum + bytes, HEADER_BYTES)
    if (payload.length !== length) throw createBytesError(`${length} bytes by its mask`, payload)
    const values: Record<string, unknown> = { device_id: payload.readUInt16BE(1) }
    let at = HEADER_BYTES
    for (const { bytes, read } of present) {
      read(payload, at, values)
      at += bytes
    }
    return [{ values, observedAt: receivedAt }]
  }
}
