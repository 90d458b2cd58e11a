/** An entry as it lies in the engine: one JSON record for each, in the table of what is provisioned. */
import type { Change, Engine, Entry as Stored } from '../journal/engine.ts'
import { share, toCompactDevice } from '../registry/compact-device.ts'
import type { StoredLogin } from '../registry/provisioned-login.ts'
import type { StoredPsk } from '../registry/provisioned-psk.ts'
import type { RegistryDevice } from '../registry/registry-data.ts'
import type { Entry } from './entry.ts'
import { KINDS, type Kind, type Place } from './provisioning.ts'
import { openText, sealText } from './sealed-text.ts'

/** As it is in the engine, before its schema is asked. */
export interface StoredEntry extends Place {
  readonly revision: number
  readonly updatedAt: number
  readonly value: unknown
  readonly login?: StoredLogin
  readonly psk?: StoredPsk
  readonly secrets?: Readonly<Record<string, string>>
}

interface EntryRecord {
  readonly revision: number
  readonly updatedAt: number
  readonly value: unknown
  readonly login?: StoredLogin | undefined
  readonly sealed?: string
  readonly sealedPsk?: string
}

const TABLE = 'provision'
const PAGE = 4_096

export function toChange(place: Place, entry: Entry | undefined, key: Buffer): Change {
  const change = { table: TABLE, key: [place.kind, place.tenant ?? '', place.id] } as const
  if (entry === undefined) return change
  const { revision, updatedAt, value, login, psk, secrets } = entry
  const record: EntryRecord = {
    ...{ revision, updatedAt, value, login },
    ...(secrets !== undefined && { sealed: sealText(JSON.stringify(secrets), key) }),
    ...(psk !== undefined && { sealedPsk: sealText(JSON.stringify(psk), key) }),
  }
  return { ...change, value: Buffer.from(JSON.stringify(record)) }
}

/** All there are, in the order of kinds. Throws where the key is not the one that their secrets were sealed with. */
export async function* readEntries(engine: Engine, key: Buffer): AsyncGenerator<StoredEntry> {
  const shared = new Map<string, string>()
  for (const kind of KINDS) {
    let from: readonly (string | number)[] = [kind]
    let page: readonly Stored[]
    do {
      page = await engine.range(TABLE, { within: [kind], from, limit: PAGE })
      for (const stored of page) yield toStoredEntry(kind, stored, key, shared)
      // The same key with something behind it: the next that there can be.
      from = [...(page.at(-1)?.key ?? []), '']
    } while (page.length === PAGE)
  }
}

function toStoredEntry(
  kind: Kind,
  { key: [, tenantKey, idKey], value: bytes }: Stored,
  key: Buffer,
  shared: Map<string, string>,
): StoredEntry {
  const record = JSON.parse(bytes.toString()) as EntryRecord
  const { revision, updatedAt, login, sealed, sealedPsk } = record
  const tenant = tenantKey === '' ? undefined : share(String(tenantKey), shared)
  const value = kind === 'device' ? toCompactDevice(record.value as RegistryDevice, shared) : record.value
  const id = kind === 'device' ? (value as RegistryDevice).id : String(idKey)
  return {
    ...{ kind, id, revision, updatedAt, value },
    ...(tenant !== undefined && { tenant }),
    ...(login !== undefined && { login }),
    ...(sealedPsk !== undefined && { psk: JSON.parse(openText(sealedPsk, key)) as StoredPsk }),
    ...(sealed !== undefined && { secrets: JSON.parse(openText(sealed, key)) as Record<string, string> }),
  }
}
