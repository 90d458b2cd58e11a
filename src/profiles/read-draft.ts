/** A profile that is in no file: text that somebody sent, or that was stored. */
import { type Checked, checkDocument, type Fault, locateFaults } from '../document.ts'
import { parseYamlText } from '../yaml-text.ts'
import type { LoadedProfile } from './load.ts'
import { profileSchema } from './profile.ts'

const FILE = 'draft'

/** YAML or JSON. A script stands in it as text: a draft has no folder. */
export function readDraft(text: string): Checked<LoadedProfile> {
  const document = parseYamlText(text)
  if (document.fault !== undefined) {
    const { problem, place } = document.fault
    return toFaults([{ file: FILE, key: '', problem, ...place }])
  }
  const { value: raw, locate } = document
  const checked = checkDocument(profileSchema, raw, FILE)
  if (checked.faults !== undefined) return toFaults(locateFaults(checked.faults, locate))
  const profile = checked.value
  if (profile.decode.script?.file === undefined) return { value: { file: FILE, raw, profile, locate } }
  const problem = 'expected source with the text of the script, since a draft has no folder, got a file'
  return toFaults(locateFaults([{ file: FILE, key: 'decode.script.file', problem }], locate))
}

function toFaults(faults: readonly Fault[]): { readonly faults: readonly Fault[] } {
  return { faults }
}
