/** How far the journal of each tenant has been written: the position that its next message gets, and the bytes ever appended. */
import type { Change, Engine } from './engine.ts'

export interface Head {
  /** Messages are numbered from 0 per tenant, without gaps and for ever; so this is also how many were received. */
  readonly next: number
  /** All bytes of chunks ever appended; what retention removed is counted beside it. */
  readonly bytes: number
}

const TENANTS_MAX = 10_000

export function createHeadChange(tenant: string, { next, bytes }: Head): Change {
  const value = Buffer.allocUnsafe(16)
  value.writeDoubleLE(next, 0)
  value.writeDoubleLE(bytes, 8)
  return { table: 'heads', key: ['head', tenant], value }
}

export async function loadHeads(engine: Engine): Promise<Map<string, Head>> {
  const entries = await engine.range('heads', { within: ['head'], from: ['head'], limit: TENANTS_MAX })
  return new Map(
    entries.map(({ key, value }) => [
      String(key[1]),
      { next: value.readDoubleLE(0), bytes: value.readDoubleLE(8) },
    ]),
  )
}
