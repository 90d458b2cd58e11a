/** What is asked of a change of a profile, and what comes of it. */
import type { Profile } from '../profiles/profile.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import type { DraftTested } from '../trace/draft.ts'
import type { VersionText } from './version-text.ts'

export interface ChangeOptions {
  readonly actor: Actor
  readonly dryRun: boolean
  /** Refused where the profile has none of these revisions. */
  readonly ifRevisions?: readonly number[] | undefined
}

export interface SaveOptions extends ChangeOptions {
  readonly activate: boolean
  readonly note?: string | undefined
}

export interface Activated {
  readonly refusals?: undefined
  readonly version: number
  /** What readers of its entities have to know. */
  readonly warnings: readonly string[]
}

export interface Saved extends Activated {
  readonly id: string
  /** False where the newest version is the very same. */
  readonly isNew: boolean
  readonly test: DraftTested
}

export interface Draft {
  readonly written: VersionText
  readonly tested: DraftTested
  readonly profile: Profile
}
