/** Which entities a device will write into, by its profile and before it has sent anything. */
import { compileIdentities } from '../map/identity.ts'
import type { Device } from '../reading.ts'
import { type EntityProfile, USUAL_ENTITY_ID } from './profile.ts'

export interface EntityClaim {
  /** Of the entity. */
  readonly id: string
  readonly type: string
  /** True where the id is made of the id of the device, so that nobody meant to share the entity. */
  readonly isOwn: boolean
  /** True where the id is made of the type and the id of the device only, as it is where the profile says nothing of it. */
  readonly isUsual: boolean
}

type ListClaims = (device: Device) => readonly EntityClaim[]

interface Compiled {
  readonly all: ListClaims
  readonly unusual: ListClaims
}

/** Profiles are replaced and never changed. */
const compiled = new WeakMap<readonly EntityProfile[], Compiled>()

export function listEntityClaims(device: Device, entities: readonly EntityProfile[]): readonly EntityClaim[] {
  return compile(entities).all(device)
}

/** Most profiles have none: then this costs next to nothing. */
export function listUnusualClaims(
  device: Device,
  entities: readonly EntityProfile[],
): readonly EntityClaim[] {
  return compile(entities).unusual(device)
}

function compile(entities: readonly EntityProfile[]): Compiled {
  const known = compiled.get(entities)
  if (known !== undefined) return known
  const unusual = entities.filter(({ id }) => id !== USUAL_ENTITY_ID)
  const made = { all: compileClaims(entities), unusual: compileClaims(unusual) }
  compiled.set(entities, made)
  return made
}

/** Several devices may tell of one entity. But one entity has one type, and ids that only look different are a mistake. */
export function isClaimClash(
  earlier: Pick<EntityClaim, 'type' | 'isOwn'>,
  later: Pick<EntityClaim, 'type' | 'isOwn'>,
  isOfOneDevice: boolean,
): boolean {
  return (!isOfOneDevice && earlier.isOwn && later.isOwn) || earlier.type !== later.type
}

function compileClaims(entities: readonly EntityProfile[]): ListClaims {
  const each = entities.map(entity => {
    const getIdentities = compileIdentities([entity])
    const about = { isOwn: entity.id.includes('{device.id}'), isUsual: entity.id === USUAL_ENTITY_ID }
    return (device: Device) => getIdentities(device).map(identity => ({ ...identity, ...about }))
  })
  return device => each.flatMap(getClaims => getClaims(device))
}
