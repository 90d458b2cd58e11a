/** Whether entities are held against schemas, and how often that found something. */
import { formatFault } from '../document.ts'
import { TromostError } from '../errors.ts'
import type { Profile } from '../profiles/profile.ts'
import { type CheckEntity, createCheckEntity } from '../validation/check-entity.ts'
import { getEntityTypes, loadModelSchemas } from '../validation/model-schemas.ts'
import { report } from './drain-log.ts'
import type { Validation } from './protocol.ts'

export class EntityChecks {
  readonly #validation: Validation
  readonly #invalid = new Map<string, number>()
  #check: CheckEntity | undefined

  constructor(validation: Validation) {
    this.#validation = validation
  }

  /** Throws for an entity that may not leave; undefined when nothing is checked. */
  get check(): CheckEntity | undefined {
    return this.#check
  }

  /** How many entities of each type their schema did not take, since the start. */
  get invalid(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#invalid)
  }

  /** Loads the schemas of all types that these profiles make. Throws SCHEMA_INVALID. */
  use(profiles: readonly Profile[]): void {
    const { mode, folder } = this.#validation
    if (mode === 'off') return
    const types = getEntityTypes(profiles)
    const schemas = loadModelSchemas(folder, types)
    if (schemas.faults !== undefined) {
      throw new TromostError('SCHEMA_INVALID', schemas.faults.map(formatFault).join(', '))
    }
    const unchecked = [...types].filter(type => !schemas.value.has(type))
    if (unchecked.length > 0) report('warn', { types: unchecked, folder, msg: 'no schema for these types' })
    this.#check = createCheckEntity(mode, schemas.value, (type, faults) => this.#count(type, faults))
  }

  #count(type: string, faults: string): void {
    const count = (this.#invalid.get(type) ?? 0) + 1
    this.#invalid.set(type, count)
    const msg = 'the schema of its type does not take an entity'
    report(count === 1 ? 'warn' : 'debug', { type, faults, msg })
  }
}
