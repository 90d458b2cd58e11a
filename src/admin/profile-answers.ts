/** How profiles and their versions are answered, and why a change of them was refused. */
import { z } from 'zod'
import { type Fault, formatFault } from '../document.ts'
import type { Saved } from '../profile-versions/profile-change.ts'
import type { ProfileList } from '../profile-versions/profile-list.ts'
import type { ProfileVersions } from '../profile-versions/profile-versions.ts'
import type { ProfileView, VersionView } from '../profile-versions/profile-view.ts'
import type { ProfilePlace } from '../profile-versions/version-record.ts'
import type { Refusal } from '../provisioning/provisioning.ts'
import type { DraftTested } from '../trace/draft.ts'
import { timeSchema } from './lane-answers.ts'
import { createProblem, type ProblemError, toPointer } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'

export interface ProfileSources {
  readonly profiles: Pick<ProfileList, 'list' | 'get' | 'listVersions' | 'getVersion'>
  readonly versions: Pick<
    ProfileVersions,
    'create' | 'add' | 'activate' | 'rollBack' | 'startShadow' | 'endShadow' | 'getShadow' | 'remove'
  >
}

const version = z.int().min(1)
const count = z.int().min(0)
const deviceSchema = z.object({ tenant: z.string(), id: z.string() })

const NOTE_CHARS_MAX = 500

export const draftShape = {
  yaml: z.string().min(1).optional().describe('The profile as YAML, kept with its comments.'),
  profile: z.record(z.string(), z.unknown()).optional().describe('The profile as JSON.'),
  activate: z.boolean().default(false).describe('Puts it to use at once.'),
  note: z.string().max(NOTE_CHARS_MAX).optional().describe('What is new, for people.'),
}
export const ONE_TEXT = { error: 'expected exactly one of yaml, profile' }
export const hasOneText = ({ yaml, profile }: { readonly yaml?: unknown; readonly profile?: unknown }) =>
  (yaml === undefined) !== (profile === undefined)

export const draftSchema = z.strictObject(draftShape).refine(hasOneText, ONE_TEXT)

export const profileSchema = z
  .object({
    id: z.string(),
    tenant: z.string().optional().describe('Whose it is; absent for those that all tenants share.'),
    source: z.enum(['file', 'api']).describe('What came from a file is changed there only.'),
    vendor: z.string().optional(),
    model: z.string().optional(),
    description: z.object({ en: z.string(), sl: z.string() }).optional(),
    active: version.optional().describe('The version in use. Files have no versions.'),
    latest: version.optional().describe('Versions are numbered from 1 to this one.'),
    earlier: z.array(version).describe('Versions that were active before, oldest first.'),
    shadow: z
      .object({ version, since: timeSchema, devices: z.array(deviceSchema).optional() })
      .optional()
      .describe('The version that runs beside the active one.'),
    devices: count.describe('How many devices have it.'),
    pinned: z.record(z.string(), count).describe('How many of them are pinned to each version.'),
    revision: count.describe('Rises with each change; 0 for those of files.'),
    updatedAt: timeSchema.optional(),
  })
  .meta({ id: 'profileState' })

export const versionSchema = z
  .object({
    version,
    isActive: z.boolean(),
    createdAt: timeSchema,
    createdBy: z.string(),
    note: z.string().optional(),
  })
  .meta({ id: 'profileVersion' })

const testSchema = z.object({
  passed: z.boolean().describe('Whether all samples gave what they say.'),
  samples: z.array(z.object({ sample: z.string(), passed: z.boolean(), difference: z.string() })),
  findings: z
    .array(
      z.object({
        rule: z.string(),
        severity: z.enum(['error', 'warning']),
        key: z.string(),
        problem: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
      }),
    )
    .describe('Of the linter; none of them keeps a version from being used.'),
})

const warnings = z.array(z.string()).describe('Attributes that mean something else than before.')

export const activatedSchema = z
  .object({ dryRun: z.boolean(), id: z.string(), tenant: z.string().optional(), version, warnings })
  .meta({ id: 'activatedVersion' })

export const savedSchema = activatedSchema
  .extend({
    isNew: z.boolean().describe('False where the newest version is the very same.'),
    isActive: z.boolean(),
    test: testSchema,
  })
  .meta({ id: 'savedVersion' })

export const profileDoneSchema = z.object({ dryRun: z.boolean() })

export function toProfileAnswer({ shadow, updatedAt, pinned, ...view }: ProfileView, tenant?: string) {
  const { description, earlier, ...others } = view
  return {
    ...others,
    earlier: [...earlier],
    pinned: { ...pinned },
    ...(description !== undefined && { description }),
    ...(updatedAt !== undefined && { updatedAt: toTime(updatedAt) }),
    ...(shadow !== undefined && { shadow: toShadow(shadow, tenant) }),
  }
}

/** Devices of other tenants are nobody's business but theirs. */
function toShadow({ version: beside, since, devices }: NonNullable<ProfileView['shadow']>, tenant?: string) {
  const own = devices?.filter(device => tenant === undefined || device.tenant === tenant)
  return { version: beside, since: toTime(since), ...(own !== undefined && { devices: own }) }
}

export function toVersionAnswer({ createdAt, ...view }: VersionView) {
  return { ...view, createdAt: toTime(createdAt) }
}

function toTestAnswer({ passed, samples, findings }: DraftTested) {
  return { passed, samples, findings: findings.flatMap(toFinding) }
}

export function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** `invalid` is what a version is that was saved and cannot be used; of a draft it is the request. */
export function createProfileProblem(
  refusals: readonly Refusal[],
  invalid: ProblemCode = 'REQUEST_INVALID',
): ProblemError {
  const [{ code } = { code: 'INVALID' as const }] = refusals
  const faults = refusals.flatMap(refusal => refusal.faults)
  const detail = faults.map(formatFault).join('; ')
  if (code !== 'INVALID') return createProblem(code, detail)
  return createProblem(invalid, detail, faults.map(toPlacedError))
}

function toPlacedError({ key, ...fault }: Fault) {
  const pointer = /^[\w.]*$/.test(key) && key !== '' ? toPointer(['profile', ...key.split('.')]) : '#'
  return { in: 'body' as const, pointer, detail: formatFault({ key, ...fault }) }
}

export function toSaved(
  place: ProfilePlace,
  { version, isNew, test, warnings }: Saved,
  { dryRun, activate }: { readonly dryRun: boolean; readonly activate: boolean },
) {
  return { dryRun, ...place, version, isNew, isActive: activate, warnings, test: toTestAnswer(test) }
}

/** A name of a file is nothing that the store knows. */
function toFinding({ file: _file, ...finding }: DraftTested['findings'][number]) {
  return finding.rule === 'file-name' ? [] : [finding]
}
