/** Reads an archive that lies on disk. All of it is held against its manifest before anything of it is used. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import type { z } from 'zod'
import { isDeeper } from '../decode/json-scan.ts'
import { showValue } from '../document.ts'
import { getMessage, TromostError } from '../errors.ts'
import { parseYamlText } from '../yaml-text.ts'
import {
  anyManifestSchema,
  DESTINATIONS,
  DOCUMENT_BYTES_MAX,
  FILE_BYTES_MAX,
  FILES_MAX,
  FORMAT_VERSION,
  getList,
  getProfileId,
  isFileName,
  type Line,
  type ListName,
  lineSchemas,
  MANIFEST,
  type Manifest,
  manifestSchema,
  PROFILES_MAX,
  TENANT,
} from './archive-format.ts'
import { type TarFile, unpackFiles } from './tar.ts'

export interface ReadArchive {
  readonly manifest: Manifest
  /** As provision.yaml has them. */
  readonly tenant: unknown
  readonly destinations: readonly unknown[]
  /** YAML, by id. */
  readonly profiles: ReadonlyMap<string, string>
}

const BOUNDS = { isName: isFileName, fileBytesMax: FILE_BYTES_MAX, filesMax: FILES_MAX }

const DEPTH_MAX = 64

interface Seen extends Pick<Manifest['files'][number], 'bytes' | 'sha256' | 'records'> {}

/** Throws ARCHIVE_INVALID for one that is not as it was written, and ARCHIVE_NEWER for one of a later version. */
export async function readArchive(path: string): Promise<ReadArchive> {
  const seen = new Map<string, Seen>()
  const documents = new Map<string, string>()
  let manifest: Manifest | undefined
  for await (const file of unpack(path)) {
    if (manifest !== undefined)
      throw refuse(`expected the manifest to be the last file, got ${file.name} behind it`)
    if (file.name === MANIFEST) manifest = readManifest(file)
    else if (seen.has(file.name)) throw refuse(`${file.name}: expected each file once, got it twice`)
    else seen.set(file.name, look(file, documents))
    await breathe()
  }
  if (manifest === undefined) throw refuse(`expected ${MANIFEST}, got none`)
  compare(manifest, seen)
  const profiles = [...documents].flatMap(([name, text]) => {
    const id = getProfileId(name)
    return id === undefined ? [] : [[id, text] as const]
  })
  if (profiles.length > PROFILES_MAX)
    throw refuse(`expected at most ${PROFILES_MAX} profiles, got ${profiles.length}`)
  const destinations = readYaml(DESTINATIONS, documents)
  if (!Array.isArray(destinations))
    throw refuse(`${DESTINATIONS}: expected a list, got ${showValue(destinations)}`)
  return { manifest, tenant: readYaml(TENANT, documents), destinations, profiles: new Map(profiles) }
}

/** Of an archive that was read before. */
export async function* readLines<L extends ListName>(path: string, list: L): AsyncGenerator<Line<L>> {
  for await (const file of unpack(path)) {
    if (getList(file.name) === list) yield* parseLines(file, list)
    await breathe()
  }
}

function unpack(path: string): AsyncGenerator<TarFile> {
  return unpackFiles(createReadStream(path, { highWaterMark: 1024 * 1024 }), BOUNDS)
}

function readManifest({ bytes }: TarFile): Manifest {
  const raw = parseJson(bytes.toString(), MANIFEST)
  const any = anyManifestSchema.safeParse(raw)
  if (!any.success) throw refuse(`${MANIFEST}: expected that of an export, got ${showValue(raw)}`)
  if (any.data.version > FORMAT_VERSION) {
    const detail = `expected format ${FORMAT_VERSION} or older, got ${any.data.version}: use a later version of Tromost`
    throw new TromostError('ARCHIVE_NEWER', detail)
  }
  return check(manifestSchema, raw, MANIFEST)
}

/** Every line is held against its form, so that nothing stops half way for a reason that could have been known before. */
function look(file: TarFile, documents: Map<string, string>): Seen {
  const { name, bytes } = file
  const list = getList(name)
  let records = 1
  if (list === undefined) {
    if (bytes.length > DOCUMENT_BYTES_MAX)
      throw refuse(`${name}: expected at most ${DOCUMENT_BYTES_MAX} bytes, got ${bytes.length}`)
    documents.set(name, bytes.toString())
  } else {
    records = 0
    for (const _line of parseLines(file, list)) records += 1
  }
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), records }
}

function compare({ files }: Manifest, seen: ReadonlyMap<string, Seen>): void {
  for (const { name, bytes, sha256, records } of files) {
    const found = seen.get(name)
    if (found === undefined) throw refuse(`${name}: expected it as ${MANIFEST} says, got none`)
    if (found.sha256 !== sha256 || found.bytes !== bytes)
      throw refuse(`${name}: expected SHA-256 ${sha256}, got ${found.sha256}: it was changed`)
    if (found.records !== records) throw refuse(`${name}: expected ${records} records, got ${found.records}`)
  }
  const others = [...seen.keys()].filter(name => !files.some(file => file.name === name))
  if (others.length > 0) throw refuse(`expected only what ${MANIFEST} names, got ${others[0]}`)
}

function* parseLines<L extends ListName>({ name, bytes }: TarFile, list: L): Generator<Line<L>> {
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const at = bytes.indexOf(10, start)
    const end = at === -1 ? bytes.length : at
    const place = `${name}: line ${line}`
    yield check(
      lineSchemas[list] as unknown as z.ZodType<Line<L>>,
      parseJson(bytes.toString('utf8', start, end), place),
      place,
    )
    start = end + 1
  }
}

function readYaml(name: string, documents: ReadonlyMap<string, string>): unknown {
  const text = documents.get(name)
  if (text === undefined) throw refuse(`expected ${name}, got none`)
  const read = parseYamlText(text)
  if (read.fault !== undefined) throw refuse(`${name}: ${read.fault.problem}`)
  return read.value
}

function parseJson(text: string, place: string): unknown {
  if (isDeeper(text, DEPTH_MAX))
    throw refuse(`${place}: expected JSON of at most ${DEPTH_MAX} levels, got more`)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw refuse(`${place}: expected JSON: ${getMessage(error)}`)
  }
}

function check<T>(schema: z.ZodType<T>, raw: unknown, place: string): T {
  const result = schema.safeParse(raw)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw refuse(`${place}: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not as expected'}`)
}

function refuse(detail: string): TromostError {
  return new TromostError('ARCHIVE_INVALID', detail)
}
