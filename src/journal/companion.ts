/** What is as far as the cursor of a lane is, and is saved together with it. */
import type { Change } from './engine.ts'

export interface Companion {
  /** What has to be on disk when everything before this position is settled. Asked again where it could not be saved. */
  getChanges(before: number): readonly Change[]
  onSaved(before: number): void
}
