/** What an export of a municipality is made of: the names of its files, how large they may be, and the form of each line. docs/export.md says the same to people. */
import { z } from 'zod'
import { auditRecordSchema } from '../audit/audit-record.ts'

export const FORMAT = 'tromost-export'
/** Rises when an older agent would misread what is written. */
export const FORMAT_VERSION = 1
export const MANIFEST = 'manifest.json'
export const TENANT = 'tenant.yaml'
export const DESTINATIONS = 'destinations.yaml'

/** Files of lines, in the order in which they are written and taken. */
const LISTS = [
  ...(['credentials', 'devices', 'states', 'quarantine', 'messages', 'retained', 'alarms', 'audit'] as const),
] as const
export type ListName = (typeof LISTS)[number]

/** Lists go on in another file from this size on. */
export const PART_BYTES = 4 * 1024 * 1024
/** Of one file: a list has one line at least, and that may hold the largest message. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024
export const FILES_MAX = 20_000
/** Of all files together. */
export const ARCHIVE_BYTES_MAX = 16 * 1024 * 1024 * 1024
/** What is read at once: a tenant and its profiles were written by people. */
export const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
export const PROFILES_MAX = 1_000

const LIST_FILE = new RegExp(`^(${LISTS.join('|')})-\\d{5}\\.ndjson$`)
const PROFILE_FILE = /^profile\.([a-z0-9]+(?:-[a-z0-9]+)*)\.yaml$/
const NAME_CHARS_MAX = 100

/** There are no others: no folders, no links, nothing that leads elsewhere. */
export function isFileName(name: string): boolean {
  if (name.length > NAME_CHARS_MAX) return false
  return [MANIFEST, TENANT, DESTINATIONS].includes(name) || PROFILE_FILE.test(name) || LIST_FILE.test(name)
}

export function getList(name: string): ListName | undefined {
  return LIST_FILE.exec(name)?.[1] as ListName | undefined
}

export function getProfileId(name: string): string | undefined {
  return PROFILE_FILE.exec(name)?.[1]
}

export function toListFile(list: ListName, part: number): string {
  return `${list}-${String(part).padStart(5, '0')}.ndjson`
}

export function toProfileFile(id: string): string {
  return `profile.${id}.yaml`
}

const time = z.iso.datetime()
const count = z.int().min(0)

export const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  /** Of this export. */
  id: z.uuid(),
  agent: z.strictObject({
    version: z.string(),
    /** Names the data folder: positions are its own. */
    instance: z.string().regex(/^[0-9a-f]{32}$/),
  }),
  tenant: z.string(),
  exportedAt: time,
  files: z
    .array(
      z.strictObject({
        name: z.string().refine(isFileName),
        bytes: count,
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        /** Lines; 1 for a document. */
        records: count,
      }),
    )
    .max(FILES_MAX),
})

export type Manifest = z.output<typeof manifestSchema>

/** Enough to tell whether it is of a later version. */
export const anyManifestSchema = z.looseObject({ format: z.literal(FORMAT), version: z.int().min(1) })

const entry = z.strictObject({
  /** As provision.yaml has it. */
  value: z.record(z.string(), z.unknown()),
  /** new: it had a password that only the other agent can check. */
  login: z.enum(['new']).optional(),
})

const topic = z.string().max(65_535)
const payload = z.base64()

export const lineSchemas = {
  credentials: entry,
  devices: entry,
  states: z.record(z.string(), z.unknown()),
  quarantine: z.strictObject({
    destination: z.string(),
    position: count,
    code: z.string().max(100),
    detail: z.string().max(2_000),
    device: z.string().max(65_535),
    topic,
    receivedAt: time,
    quarantinedAt: time,
    /** One, unless the bytes are a record of the journal that could not be read. */
    messages: count,
    payload,
  }),
  messages: z.strictObject({
    position: count,
    device: z.string().max(65_535),
    topic,
    qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
    receivedAt: time,
    /** The destinations that it was not settled for; none of a message that is only still there. */
    waitsFor: z.array(z.string()).max(1_000),
    payload,
  }),
  retained: z.strictObject({
    device: z.string(),
    topic,
    qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
    payload,
  }),
  alarms: z.record(z.string(), z.unknown()),
  audit: auditRecordSchema,
} as const satisfies Readonly<Record<ListName, z.ZodType>>

export type Line<L extends ListName> = z.output<(typeof lineSchemas)[L]>
