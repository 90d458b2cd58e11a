/** The text of a version: as it was sent, and in the other form. */
import { stringify } from 'yaml'
import { parseYamlText } from '../yaml-text.ts'
import type { VersionRecord } from './version-record.ts'

export type VersionText = Pick<VersionRecord, 'format' | 'text'>

/** Exactly one of both. */
export interface DraftText {
  readonly yaml?: string | undefined
  readonly profile?: unknown
}

export function toVersionText({ yaml, profile }: DraftText): VersionText {
  return yaml === undefined
    ? { format: 'json', text: JSON.stringify(profile) }
    : { format: 'yaml', text: yaml }
}

export function toYaml({ format, text }: VersionText): string {
  return format === 'yaml' ? text : stringify(JSON.parse(text))
}

export function toJson({ format, text }: VersionText): unknown {
  if (format === 'json') return JSON.parse(text)
  const read = parseYamlText(text)
  return read.fault === undefined ? read.value : undefined
}
