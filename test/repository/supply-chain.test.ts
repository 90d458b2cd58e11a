import { describe, expect, test } from '@jest/globals'
import { readLockFile } from '../../src/generate/lock-file.ts'
import { toSbom } from '../../src/generate/sbom.ts'
import { readText } from './files.ts'

interface Locked {
  readonly version: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly hasInstallScript?: boolean
}

const LOCK = readText('package-lock.json')
const { '': ROOT, ...PACKAGES } = JSON.parse(LOCK).packages as Readonly<Record<string, Locked>>
const { dependencies, devDependencies } = JSON.parse(readText('package.json'))
const entries = Object.entries(PACKAGES)

/** Each allows to give on what uses it, under any licence. */
const RUN_TIME_LICENCES = ['MIT', 'ISC', 'BSD-3-Clause', 'Apache-2.0', '0BSD']
const DEVELOPMENT_LICENCES = [
  ...[...RUN_TIME_LICENCES, 'BSD-2-Clause', 'BlueOak-1.0.0', 'CC-BY-4.0'],
  ...['MIT OR Apache-2.0', 'Apache-2.0 AND MIT', '(MIT OR CC0-1.0)'],
]

/** For Linux with glibc, on x64 or arm64. */
function isOurs({ os = ['linux'], cpu = ['x64'], libc = ['glibc'] }: Locked): boolean {
  return os.includes('linux') && (cpu.includes('x64') || cpu.includes('arm64')) && libc.includes('glibc')
}

const named = (rows: readonly (readonly [string, Locked])[]) => rows.map(([path]) => path)

describe('package-lock.json', () => {
  test('names what package.json does, in the same versions', () => {
    expect(ROOT).toMatchObject({ dependencies, devDependencies })
    const wanted = Object.entries<string>({ ...dependencies, ...devDependencies })
    expect(wanted.filter(([name, version]) => PACKAGES[`node_modules/${name}`]?.version !== version)).toEqual(
      [],
    )
  })

  test('has a checksum of everything that is ever installed where the agent runs', () => {
    const without = entries.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity))
    expect(named(without.filter(([, locked]) => isOurs(locked) || locked.optional !== true))).toEqual([])
  })

  test('takes nothing from elsewhere than the registry of whoever installs', () => {
    expect(named(entries.filter(([, { resolved }]) => resolved !== undefined))).toEqual([])
  })

  test.each([
    ['with the agent', false, RUN_TIME_LICENCES],
    ['for development', true, DEVELOPMENT_LICENCES],
  ])('has no package that runs %s under a licence that is not allowed', (_what, isDev, allowed) => {
    const meant = entries.filter(([, locked]) => (locked.dev === true) === isDev && isOurs(locked))
    expect(meant.length).toBeGreaterThan(100)
    expect(
      meant.filter(([, { license = 'none' }]) => !allowed.includes(license)).map(([path]) => path),
    ).toEqual([])
  })

  test('has no other install scripts than those that docs/dependencies.md names, and the image is built without them', () => {
    const scripts = entries.filter(([, { hasInstallScript }]) => hasInstallScript)
    const names = scripts.map(([path]) => path.replace('node_modules/', ''))
    expect(names).toEqual(['@parcel/watcher', '@swc/core', 'lmdb', 'msgpackr-extract'])
    const [, told = ''] = /## Install scripts\n([^#]*)/.exec(readText('docs/dependencies.md')) ?? []
    expect(names.filter(name => !told.includes(`\`${name}\``))).toEqual([])
    expect(readText('Dockerfile').match(/npm ci.*/g)).toEqual([
      expect.stringMatching(/^npm ci --ignore-scripts/),
    ])
  })
})

describe('T105: the bill of materials', () => {
  const sbom = JSON.parse(readText('docs/sbom.cdx.json'))

  test('has every dependency of package.json, with the checksum of its archive', () => {
    const known = new Map<string, { readonly hashes: readonly { readonly content: string }[] }>(
      sbom.components.map((one: { readonly purl: string }) => [one.purl, one]),
    )
    for (const [name, version] of Object.entries<string>(dependencies)) {
      const found = known.get(`pkg:npm/${name.replace('@', '%40')}@${version}`)
      const content = Buffer.from(PACKAGES[`node_modules/${name}`]?.integrity?.slice(7) ?? '', 'base64')
      expect([name, found?.hashes[0]?.content]).toEqual([name, content.toString('hex')])
    }
  })

  test('names in its graph only what it has, and has nothing that nobody needs', () => {
    const refs = sbom.components.map((one: { readonly 'bom-ref': string }) => one['bom-ref'])
    const needed = sbom.dependencies.flatMap(
      (one: { readonly dependsOn: readonly string[] }) => one.dependsOn,
    )
    expect([...new Set(needed)].sort()).toEqual([...new Set(refs)].sort())
  })

  test.each([
    ['another archive under the same version', '"integrity": "sha512-', '"integrity": "sha512-A'],
    [
      'another version',
      '"node_modules/zod": {\n      "version": "4.6.7"',
      '"node_modules/zod": {\n      "version": "4.6.8"',
    ],
    [
      'a package that runs and was not there',
      '"node_modules/zod": {',
      '"node_modules/added": {"version":"1.0.0","license":"MIT","integrity":"sha512-AA=="},\n "node_modules/zod": {',
    ],
  ])('is another one when the lock file is tampered with: %s', (_case, text, by) => {
    const at = LOCK.indexOf(text, LOCK.indexOf('"node_modules/zod"') - 1)
    expect(at).toBeGreaterThan(0)
    const tampered = `${LOCK.slice(0, at)}${by}${LOCK.slice(at + text.length)}`
    expect(toSbom(readLockFile(LOCK))).toEqual(sbom)
    expect(toSbom(readLockFile(tampered))).not.toEqual(sbom)
  })

  test.each(['license', 'integrity'])('cannot be made of a package without its %s', key => {
    const lock = JSON.parse(LOCK)
    delete lock.packages['node_modules/zod'][key]
    expect(() => readLockFile(JSON.stringify(lock))).toThrow(
      'node_modules/zod: expected its licence and its integrity',
    )
  })
})
