/** Values become NGSI-LD entities, by the mapping of a profile. A pure function, compiled once. */
import { showValue } from '../document.ts'
import { TromostError } from '../errors.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Device, EntityText, Reading } from '../reading.ts'
import type { PropertyListener } from './attribute.ts'
import { createEndFormat } from './attribute-time.ts'
import { compileEntity, type OnMisfit } from './entity.ts'
import { Seen } from './seen.ts'
import { createTimeFormat } from './time-text.ts'

interface MapResult {
  readonly entities: readonly EntityText[]
  /** How many attributes were left out because their value was out of range or of the wrong kind. */
  readonly omitted: number
}

/** `seen` is of this device, as it is now, and of this mapper alone: with it, what never changes is found out once. */
export type MapReading = (reading: Reading, device: Device, seen?: Seen) => MapResult

/** The only error is MAP_FAILED: for values that do not fit where the profile says quarantine, and for ids without what they name. */
export function compileMapper(profile: Profile, listener?: PropertyListener): MapReading {
  const writers = profile.entities.map((entity, index) =>
    compileEntity(entity, { index, intervalMs: profile.interval, listener }),
  )
  const formatTime = createTimeFormat()
  const formatEnd = createEndFormat()
  // Of the reading that is being mapped. A reading is mapped in one go, so one counter and one closure serve them all.
  let omitted = 0
  const onMisfit: OnMisfit = (attribute, { expectation, got }) => {
    if (profile.outOfRange === 'quarantine') {
      throw new TromostError('MAP_FAILED', `${attribute}: expected ${expectation}, got ${showValue(got)}`)
    }
    omitted += 1
  }
  return (reading, device, seen = new Seen()) => {
    const observedAt = formatTime(reading.observedAt)
    const scope = { reading, device, observedAt, end: formatEnd(observedAt), seen }
    const entities: EntityText[] = []
    omitted = 0
    for (const writeEntity of writers) {
      const entity = writeEntity(scope, onMisfit)
      if (entity !== undefined) entities.push(entity)
    }
    return { entities, omitted }
  }
}
