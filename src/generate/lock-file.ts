/** What package-lock.json says of the packages that run with the agent: which there are, under which licence, and who needs whom. */
import { z } from 'zod'

export interface LockedPackage {
  readonly name: string
  readonly version: string
  readonly license: string
  /** Of its archive, as npm has it: sha512- and Base64. */
  readonly integrity: string
  readonly isOptional: boolean
  /** The keys of those that it needs. */
  readonly needs: readonly string[]
}

export interface LockFile {
  readonly root: Pick<LockedPackage, 'name' | 'version' | 'license' | 'needs'>
  readonly packages: readonly LockedPackage[]
}

const entrySchema = z.object({
  name: z.string().optional(),
  version: z.string(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
})
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) })

type Entry = z.output<typeof entrySchema>
type Entries = Readonly<Record<string, Entry>>

/** Where the agent runs in production: Linux with glibc, on x64 and arm64. */
const PLATFORM = { os: ['linux'], cpu: ['x64', 'arm64'], libc: ['glibc'] } as const

/** Sorted by name and version. Throws for a package without licence or checksum. */
export function readLockFile(text: string): LockFile {
  const { packages } = lockSchema.parse(JSON.parse(text))
  const { '': root, ...others } = packages
  if (root === undefined) throw new Error('package-lock.json: expected the package itself, got none')
  const used = Object.fromEntries(Object.entries(others).filter(([, entry]) => isUsed(entry)))
  const found = new Map(
    Object.entries(used).map(([path, entry]) => [toKey(path, entry), toPackage(path, entry, used)]),
  )
  return {
    root: {
      name: root.name ?? '',
      version: root.version,
      license: root.license ?? '',
      needs: listNeeds('', root, used),
    },
    packages: [...found].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, found]) => found),
  }
}

function isUsed(entry: Entry): boolean {
  const fits = (key: keyof typeof PLATFORM) =>
    entry[key] === undefined || PLATFORM[key].some(own => entry[key]?.includes(own))
  return !entry.dev && fits('os') && fits('cpu') && fits('libc')
}

function toPackage(path: string, entry: Entry, entries: Entries): LockedPackage {
  const { version, license, integrity, optional } = entry
  if (license === undefined || integrity === undefined)
    throw new Error(
      `package-lock.json: ${path}: expected its licence and its integrity, got one of them or none`,
    )
  return {
    name: toName(path),
    version,
    license,
    integrity,
    isOptional: optional,
    needs: listNeeds(path, entry, entries),
  }
}

/** As Node.js looks for them: beside the package, then in each folder above. One that is optional may be missing. */
function listNeeds(path: string, entry: Entry, entries: Entries): readonly string[] {
  const names = Object.keys({
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...entry.peerDependencies,
  })
  const keys = names.flatMap(name => {
    const found = listPlaces(path, name).find(place => entries[place] !== undefined)
    const target = found === undefined ? undefined : entries[found]
    return found === undefined || target === undefined ? [] : [toKey(found, target)]
  })
  return [...new Set(keys)].sort()
}

function listPlaces(path: string, name: string): readonly string[] {
  const above = path.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, '')
  const here = `${path === '' ? '' : `${path}/`}node_modules/${name}`
  return path === '' ? [here] : [here, ...listPlaces(above, name)]
}

function toName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

function toKey(path: string, { version }: Entry): string {
  return `${toName(path)}@${version}`
}
