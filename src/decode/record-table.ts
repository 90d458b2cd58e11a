/** Finds what belongs to the bytes of a key. Of two keys that both fit the longer one is meant. */
import { createBytesError } from './payload.ts'

interface FoundRecord<T> {
  readonly value: T
  readonly keyBytes: number
}

/** Keys are written in hexadecimal, with or without spaces. */
export function compileRecordTable<T>(
  records: readonly (readonly [string, T])[],
): (payload: Buffer, at: number) => FoundRecord<T> {
  const tables = new Map<number, Map<number, FoundRecord<T>>>()
  for (const [written, value] of records) {
    const key = Buffer.from(written.replaceAll(' ', ''), 'hex')
    const table = tables.get(key.length) ?? new Map<number, FoundRecord<T>>()
    table.set(key.readUIntBE(0, key.length), { value, keyBytes: key.length })
    tables.set(key.length, table)
  }
  const longestFirst = [...tables].sort(([a], [b]) => b - a)
  return (payload, at) => {
    for (const [length, table] of longestFirst) {
      const found = at + length > payload.length ? undefined : table.get(payload.readUIntBE(at, length))
      if (found !== undefined) return found
    }
    const bytes = Math.max(...tables.keys())
    const got = payload.subarray(at, at + bytes).toString('hex')
    throw createBytesError(`a known channel at ${at} instead of ${got}`, payload)
  }
}
