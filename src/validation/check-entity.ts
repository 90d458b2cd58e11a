/** Holds entities against the JSON Schema of their type, before they leave. For administrators who want to know; nobody has to. */

import { parseEntity } from '../entity-text.ts'
import { TromostError } from '../errors.ts'
import { toKeyValues } from '../map/key-values.ts'
import type { EntityText } from '../reading.ts'
import type { FindFaults } from './model-schemas.ts'

export type ValidateMode = 'off' | 'warn' | 'quarantine'

export type CheckEntity = (entity: EntityText) => void

/** Hears of an entity that its schema does not take: its type, and what is wrong with it. */
export type OnInvalid = (type: string, faults: string) => void

/**
 * Throws ENTITY_INVALID where the mode is quarantine. What is missing is no fault: a device says in one message what it has
 * to say in it, and a broker keeps the rest.
 */
export function createCheckEntity(
  mode: ValidateMode,
  findFaultsByType: ReadonlyMap<string, FindFaults>,
  onInvalid: OnInvalid,
): CheckEntity {
  return entity => {
    const faults = describeFaults(entity, findFaultsByType.get(entity.type))
    if (faults === '') return
    onInvalid(entity.type, faults)
    if (mode === 'quarantine') throw new TromostError('ENTITY_INVALID', `${entity.id}: ${faults}`)
  }
}

/** `/relativeHumidity must be <= 1`; empty when there is nothing to say. */
function describeFaults(entity: EntityText, findFaults: FindFaults | undefined): string {
  if (findFaults === undefined) return ''
  const errors = findFaults(toKeyValues(parseEntity(entity)))
  const faults = errors
    .filter(({ keyword, instancePath }) => keyword !== 'required' || instancePath !== '')
    .map(({ instancePath, message }) => `${instancePath} ${message}`)
  return [...new Set(faults)].join(', ')
}
