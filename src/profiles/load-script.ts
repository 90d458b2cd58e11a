/** Reads the codec script that a profile names. It has to lie below the folder of the profile, by whatever links lead to it. */
import { isUtf8 } from 'node:buffer'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { type Checked, type Fault, showValue } from '../document.ts'
import { getMessage } from '../errors.ts'
import { SCRIPT_BYTES_MAX } from './formats-script.ts'
import type { Profile } from './profile.ts'

/** The profile with the text of its script in place of the name of a file. `place` is where the profile was read from. */
export function loadScript(
  profile: Profile,
  place: { readonly path: string; readonly file: string },
): Checked<Profile> {
  if (profile.decode.script?.file === undefined) return { value: profile }
  const { file, ...script } = profile.decode.script
  const read = readScript(dirname(place.path), file)
  if ('problem' in read) {
    const fault: Fault = { file: place.file, key: 'decode.script.file', problem: read.problem }
    return { faults: [fault] }
  }
  return { value: { ...profile, decode: { ...profile.decode, script: { ...script, ...read } } } }
}

function readScript(
  folder: string,
  file: string,
): { readonly source: string } | { readonly problem: string } {
  try {
    const path = realpathSync(join(folder, file))
    const stats = statSync(path)
    if (!path.startsWith(realpathSync(folder) + sep) || !stats.isFile()) return toProblem(showValue(file))
    if (stats.size > SCRIPT_BYTES_MAX) {
      return {
        problem: `expected at most ${SCRIPT_BYTES_MAX} bytes, got ${stats.size} in ${showValue(file)}`,
      }
    }
    const bytes = readFileSync(path)
    if (!isUtf8(bytes)) return { problem: `expected UTF-8 text, got other bytes in ${showValue(file)}` }
    return { source: bytes.toString('utf8') }
  } catch (error) {
    return toProblem(`${showValue(file)} (${getMessage(error)})`)
  }
}

function toProblem(got: string) {
  return { problem: `expected a file below the folder of the profile, got ${got}` }
}
