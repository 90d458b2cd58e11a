/** SenML (RFC 8428) as JSON or CBOR: a list of records, of which those of one time are one reading. */
import type { SenmlFormat } from '../../profiles/formats-objects.ts'
import type { DecodeFrame } from '../frame.ts'
import { compileObservedTime } from '../observed-time.ts'
import { createDecodeError, limitReadings } from '../payload.ts'
import { parseSenml, type SenmlRecord } from '../senml-records.ts'

/** Times below it count from now (RFC 8428, 4.5.3). */
const ABSOLUTE_SECONDS_MIN = 2 ** 28

interface Group {
  readonly values: Record<string, unknown>
  readonly observedAt: number
}

export function compileSenml(format: SenmlFormat): DecodeFrame {
  const getObservedAt = compileObservedTime('UTC')
  return frame => {
    const { payload, receivedAt } = frame
    const groups: Group[] = []
    const latest = new Map<number, Group>()
    for (const record of parseSenml(payload)) {
      const observedAt = getObservedAt(toTime(record.time, receivedAt), frame)
      const values = getValues(record, format.name)
      const group = latest.get(observedAt)
      if (group !== undefined && !Object.keys(values).some(name => Object.hasOwn(group.values, name))) {
        Object.assign(group.values, values)
        continue
      }
      // A name that comes again at the same time begins another reading: nothing is written over.
      const begun = { values, observedAt }
      groups.push(begun)
      latest.set(observedAt, begun)
    }
    if (groups.length === 0) throw createDecodeError('SenML records with values', payload)
    return limitReadings(groups, payload)
  }
}

function getValues({ name, value, sum }: SenmlRecord, nameless: string): Record<string, unknown> {
  const own = name === '' ? nameless : name
  return { ...(value !== undefined && { [own]: value }), ...(sum !== undefined && { [`${own}_sum`]: sum }) }
}

/** As a time that observed-time.ts reads: Unix time in milliseconds, or in seconds. */
function toTime(seconds: number, receivedAt: number): number {
  return seconds < ABSOLUTE_SECONDS_MIN ? receivedAt + seconds * 1000 : seconds
}
