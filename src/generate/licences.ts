/** The list of licences, for people: which packages run with the agent, and under which licence each may be given on. */
import type { LockFile } from './lock-file.ts'

const HEAD = `# Licences of the packages

What runs with the agent in production (Linux on x64 and arm64), generated from \`package-lock.json\` by \`npm run generate\`. Tromost itself is
under the [EUPL-1.2](../LICENSE); all of these licences allow to give on what uses them. Their texts lie in the folder of each package
in \`node_modules\`, of the image too. For machines there is [sbom.cdx.json](sbom.cdx.json) (CycloneDX).
`

export function toLicencePage({ packages }: LockFile): string {
  const counts = new Map<string, number>()
  for (const { license } of packages) counts.set(license, (counts.get(license) ?? 0) + 1)
  const summary = [...counts].sort(([one], [other]) => (one < other ? -1 : 1))
  return [
    HEAD,
    ...toTable(
      ['licence', 'packages'],
      summary.map(([license, count]) => [license, String(count)]),
    ),
    '',
    ...toTable(
      ['package', 'version', 'licence'],
      packages.map(({ name, version, license }) => [`\`${name}\``, version, license]),
    ),
    '',
  ].join('\n')
}

function toTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`)
}
