/** The profile that a row means: by its id, by what a network server calls its type, or by vendor and model. */
import { findNearName } from '../profiles/near-name.ts'

/** What rows are held against: the ids of profiles, and what stands for rows that name none. */
export interface KnownProfiles {
  readonly ids: ReadonlySet<string>
  readonly byDefault: string | undefined
}

export interface NamedProfile {
  readonly profile?: string | undefined
  readonly vendor?: string | undefined
  readonly model?: string | undefined
}

export type FoundProfile =
  | { readonly id: string | undefined; readonly problem?: never }
  | { readonly id?: never; readonly problem: string }

/** Without an id where the row names no profile at all. */
export function findProfile(
  { profile, vendor, model }: NamedProfile,
  { ids, byDefault }: KnownProfiles,
): FoundProfile {
  if (profile !== undefined) {
    const id = [profile, toId(profile)].find(name => ids.has(name))
    return id === undefined ? { problem: `profile: ${describe(profile, ids)}` } : { id }
  }
  if (model === undefined) return { id: byDefault }
  const names = [model, toId(model), ...(vendor === undefined ? [] : [toId(`${vendor} ${model}`)])]
  const id = names.find(name => ids.has(name)) ?? findByModel(toId(model), ids) ?? byDefault
  return id === undefined ? { problem: `profile: ${describe(names.at(-1) ?? model, ids)}` } : { id }
}

/** As ids of profiles are written. */
export function toId(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}

/** A model alone, where only one vendor has it. */
function findByModel(model: string, ids: ReadonlySet<string>): string | undefined {
  const found = [...ids].filter(id => id.endsWith(`-${model}`))
  return found.length === 1 ? found[0] : undefined
}

function describe(name: string, ids: ReadonlySet<string>): string {
  const near = findNearName(toId(name), ids)
  const hint = near === undefined ? '' : `; was ${near} meant?`
  return `expected the id of a loaded profile, got ${JSON.stringify(name.slice(0, 80))}${hint}`
}
