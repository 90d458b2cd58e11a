/** From the provisioning file to entries. What one entry says of another is checked here. */
import { statSync } from 'node:fs'
import { resolveReferences } from '../config/load.ts'
import { type Checked, checkDocument, locateFaults } from '../document.ts'
import { readDocument } from '../read-document.ts'
import { type Provision, provisionSchema } from '../registry/provision.ts'
import { findProvisionFaults, type KnownIds } from '../registry/provision-faults.ts'
import { toGivenIdentity } from '../registry/provisioned-psk.ts'
import { hashSecret } from '../registry/secret.ts'
import type { Entry } from './entry.ts'
import type { Place } from './provisioning.ts'

export interface LoadOptions extends KnownIds {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The key that keyed hashes in the file were made with. */
  readonly key: Buffer
}

export function loadProvision(options: LoadOptions): Checked<readonly Entry[]> {
  const { file, environment, key } = options
  const document = readDocument(file)
  if (document.faults !== undefined) return document
  const resolved = resolveReferences(document.value, environment, file)
  if (resolved.faults !== undefined) return { faults: locateFaults(resolved.faults, document.locate) }
  const checked = checkDocument(provisionSchema, resolved.value, file)
  const faults = checked.faults ?? findProvisionFaults(checked.value, options)
  if (checked.faults !== undefined || faults.length > 0)
    return { faults: locateFaults(faults, document.locate) }
  const raw = resolved.value as { readonly tenants?: readonly unknown[] }
  return { value: toEntries(checked.value, raw.tenants ?? [], { key, updatedAt: getTime(file) }) }
}

interface Given {
  readonly hash?: string | undefined
  readonly psk?: string | undefined
}

/** `tenants` are those of the file as they were written. */
function toEntries(
  provision: Provision,
  tenants: readonly unknown[],
  { key, updatedAt }: { readonly key: Buffer; readonly updatedAt: number },
): readonly Entry[] {
  const create = (place: Place, value: unknown, parsed: unknown, { hash, psk }: Given = {}): Entry => ({
    ...place,
    ...{ source: 'file', revision: 1, updatedAt, value, parsed },
    ...(hash !== undefined && { login: { hash, changedAt: updatedAt } }),
    ...(psk !== undefined && {
      psk: { identity: toGivenIdentity(place.tenant, place.id), key: psk, changedAt: updatedAt },
    }),
  })
  const toHash = (password: string | undefined, passwordHash: string | undefined) =>
    password === undefined ? passwordHash : hashSecret(password, key)
  return [
    ...provision.tenants.map((tenant, at) => create({ kind: 'tenant', id: tenant.id }, tenants[at], tenant)),
    ...provision.credentials.map(({ password, passwordHash, psk, ...credential }) => {
      const { tenant, username: id } = credential
      return create({ kind: 'credential', tenant, id }, credential, credential, {
        hash: toHash(password, passwordHash),
        psk,
      })
    }),
    ...provision.devices.map(({ password, passwordHash, psk, ...device }) => {
      const { tenant, id } = device
      return create({ kind: 'device', tenant, id }, device, device, {
        hash: toHash(password, passwordHash),
        psk,
      })
    }),
  ]
}

function getTime(file: string): number {
  return Math.round(statSync(file).mtimeMs)
}
