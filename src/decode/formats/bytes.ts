/** Bytes in a fixed layout, or in one of several that the port, the length or the first bytes tell apart. */
import type { BytesFormat, Layout } from '../../profiles/formats-bytes.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { type CompiledFields, compileFields } from '../layout.ts'
import { compileObservedTime } from '../observed-time.ts'
import { createBytesError } from '../payload.ts'

interface CompiledLayout extends CompiledFields {
  readonly fits: (payload: Buffer) => boolean
  /** In words, for the message that fits none. */
  readonly expectation: string
  readonly isEmpty: boolean
}

/** Undefined for a port that has no layout. */
type GetLayouts = (frame: Frame) => readonly CompiledLayout[] | undefined

export function compileBytes(format: BytesFormat): DecodeFrame {
  const getLayouts = compileChoice(format)
  const getObservedAt = compileObservedTime(format.timezone)
  const { observedAt } = format
  return frame => {
    const { payload } = frame
    const layouts = getLayouts(frame) ?? []
    const layout = layouts.find(({ fits }) => fits(payload))
    if (layout === undefined) {
      throw createBytesError(layouts.map(({ expectation }) => expectation).join(', or '), payload)
    }
    if (layout.isEmpty) return []
    const values: Record<string, unknown> = {}
    layout.read(payload, 0, values)
    const time = observedAt === undefined ? undefined : values[observedAt]
    return [{ values, observedAt: getObservedAt(time, frame) }]
  }
}

function compileChoice({ fields, length, starts, layouts, fPort }: BytesFormat): GetLayouts {
  if (fPort === undefined) {
    const known = fields === undefined ? (layouts ?? []) : [{ fields, length, starts }]
    const compiled = known.map(compileLayout)
    return () => compiled
  }
  const byPort = new Map(
    Object.entries(fPort).map(([port, known]) => [Number(port), [known].flat().map(compileLayout)]),
  )
  const expectation = `fPort ${[...byPort.keys()].join(', ')}`
  return ({ link, payload }) => {
    const known = byPort.get(link?.fPort ?? Number.NaN)
    if (known !== undefined) return known
    throw createBytesError(`${expectation}, got ${link?.fPort ?? 'none'}`, payload)
  }
}

function compileLayout(layout: Layout): CompiledLayout {
  const fields = compileFields(layout.fields)
  const start = Buffer.from((layout.starts ?? '').replaceAll(' ', ''), 'hex')
  const least = Math.max(fields.bytes, start.length, 1)
  const { length } = layout
  const size = length === undefined ? `at least ${least} bytes` : `${length} bytes`
  return {
    ...fields,
    fits: payload =>
      payload.length >= least &&
      (length === undefined || payload.length === length) &&
      payload.subarray(0, start.length).equals(start),
    expectation: start.length === 0 ? size : `${size} that start with ${start.toString('hex')}`,
    isEmpty: Object.keys(layout.fields).length === 0,
  }
}
