/** Rules of what a profile says of itself: its file, its source, its description. */
import { showValue } from '../document.ts'
import type { LintInput, RuleFinding } from './lint-rules.ts'

const ADDRESS = /https?:\/\/[^\s/]+\.[^\s/]+/
const WORDS_MIN = 3

export function findTextFindings({ file, profile }: LintInput): readonly RuleFinding[] {
  const { id, source, description } = profile
  const findings: RuleFinding[] = []
  const expectedId = toId(file)
  if (expectedId !== undefined && expectedId !== id) {
    const problem = `expected ${expectedId}, after the folder and the name of the file, got ${showValue(id)}`
    findings.push({ rule: 'file-name', key: 'id', problem })
  }
  if (!ADDRESS.test(source) && source.trim().split(/\s+/).length < WORDS_MIN) {
    const problem = `expected an address or a few words that say where the numbers come from, got ${showValue(source)}`
    findings.push({ rule: 'source', key: 'source', problem })
  }
  if (description.en.trim() === description.sl.trim()) {
    const problem = `expected a text of its own in each language, got ${showValue(description.sl)} twice`
    findings.push({ rule: 'description', key: 'description', problem })
  }
  return findings
}

/** `devices/sonoff/snzb-02d.yaml` is sonoff-snzb-02d; undefined where there is no folder to go by. */
function toId(file: string): string | undefined {
  const [, vendor, model] = /([^\\/]+)[\\/]([^\\/]+)\.(?:ya?ml|json)$/.exec(file) ?? []
  return vendor === undefined || model === undefined ? undefined : `${vendor}-${model}`
}
