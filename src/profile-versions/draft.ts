/** A profile that came over the network, as YAML or as JSON: held against the schema of profiles, and against its own samples. */
import { stringify } from 'yaml'
import { type Checked, checkDocument, type Fault, locateFaults } from '../document.ts'
import type { Finding } from '../profiles/lint.ts'
import { lintDraft } from '../profiles/lint-files.ts'
import { type Profile, profileSchema } from '../profiles/profile.ts'
import { runSamples, type SampleResult } from '../profiles/samples.ts'
import { type Locate, parseYamlText } from '../yaml-text.ts'
import type { VersionRecord } from './version-record.ts'

/** Exactly one of both. */
export interface DraftText {
  readonly yaml?: string | undefined
  readonly profile?: unknown
}

export interface Draft {
  readonly profile: Profile
  /** As it is written. */
  readonly raw: unknown
  readonly locate: Locate
  readonly written: Pick<VersionRecord, 'format' | 'text'>
}

export interface DraftTest {
  /** Whether all samples gave what they say. */
  readonly passed: boolean
  readonly samples: readonly Omit<SampleResult, 'profile'>[]
  readonly findings: readonly Finding[]
}

const FILE = 'profile'

export function readDraft({ yaml, profile }: DraftText): Checked<Draft> {
  const written =
    yaml === undefined
      ? ({ format: 'json', text: JSON.stringify(profile) } as const)
      : ({ format: 'yaml', text: yaml } as const)
  return readWritten(written)
}

/** What is stored may be of an agent whose profiles knew fewer keys, or more. */
export function readWritten(written: Pick<VersionRecord, 'format' | 'text'>): Checked<Draft> {
  const read = parseYamlText(written.text)
  if (read.fault !== undefined)
    return { faults: [{ file: FILE, key: '', problem: read.fault.problem, ...read.fault.place }] }
  const { value: raw, locate } = read
  const checked = checkDocument(profileSchema, raw ?? {}, FILE)
  if (checked.faults !== undefined) return { faults: locateFaults(checked.faults, locate) }
  const faults = findFileFaults(checked.value)
  if (faults.length > 0) return { faults: locateFaults(faults, locate) }
  return { value: { profile: checked.value, raw, locate, written } }
}

/** There are no folders in the store. */
function findFileFaults({ decode }: Profile): readonly Fault[] {
  const file = decode.script?.file
  if (file === undefined) return []
  const problem = `expected the text of the script as decode.script.source, got the name of a file, ${JSON.stringify(file)}`
  return [{ file: FILE, key: 'decode.script.file', problem }]
}

export async function testDraft({ profile, raw, locate }: Draft): Promise<DraftTest> {
  const results = await runSamples([profile])
  const findings = await lintDraft({ file: FILE, raw, profile, locate })
  return {
    passed: results.every(({ passed }) => passed),
    samples: results.map(({ profile: _profile, ...result }) => result),
    // A name of a file is nothing that the store knows.
    findings: findings.filter(({ rule }) => rule !== 'file-name'),
  }
}

/** As YAML, as it was sent where it was sent so. */
export function toYaml({ format, text }: Pick<VersionRecord, 'format' | 'text'>): string {
  return format === 'yaml' ? text : stringify(JSON.parse(text))
}

export function toJson({ format, text }: Pick<VersionRecord, 'format' | 'text'>): unknown {
  if (format === 'json') return JSON.parse(text)
  const read = parseYamlText(text)
  return read.fault === undefined ? read.value : undefined
}
