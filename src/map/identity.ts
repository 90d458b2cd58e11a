/** Which entities a device gives, told before it has sent anything. */
import type { EntityProfile } from '../profiles/profile.ts'
import type { Device } from '../reading.ts'
import { compilePlaced } from './entity.ts'
import { Piece } from './piece.ts'
import { Seen } from './seen.ts'
import { compileTemplate } from './template.ts'

/** Nothing is written. */
const NOTHING = new Piece('')

export interface Identity {
  readonly id: string
  readonly type: string
}

/** Without those whose id names what the device does not have. */
export function compileIdentities(
  entities: readonly EntityProfile[],
): (device: Device) => readonly Identity[] {
  const compiled = entities.map(({ type, id }) => ({
    getType: compilePlaced(type),
    fill: compileTemplate(id),
  }))
  return device => {
    const scope = {
      device,
      reading: { values: {}, observedAt: 0 },
      observedAt: '',
      end: NOTHING,
      seen: new Seen(),
    }
    return compiled.flatMap(({ getType, fill }) => {
      const type = getType(device)
      const id = fill(scope, type)
      return id === undefined ? [] : { id, type }
    })
  }
}
