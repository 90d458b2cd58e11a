/** What is taken as it was asked for, and is hardly what was meant. */
import type { ProvisionedDevice, ProvisionedTenant } from '../registry/provision.ts'
import { type EntryChange, showPlace } from './entry.ts'
import type { EntryDraft } from './entry-table.ts'
import type { Edit } from './provisioning.ts'
import { isFields } from './secret-keys.ts'

/** What the agent makes has 26; what is shorter than this is found by trying. */
const PASSWORD_CHARS_MIN = 12

export function findWarnings(
  edits: readonly Edit[],
  draft: EntryDraft,
  isBridged: (tenant: string) => boolean,
) {
  const unheard = new Set(draft.changes.flatMap(change => findUnheard(change, draft, isBridged)))
  return [...edits.flatMap(findWeakPassword), ...[...unheard].map(describeUnheard)]
}

function findWeakPassword(edit: Edit): readonly string[] {
  const password = isFields(edit.value) ? edit.value['password'] : undefined
  if (typeof password !== 'string' || password.length >= PASSWORD_CHARS_MIN) return []
  return [
    `${showPlace(edit)}: its password is shorter than ${PASSWORD_CHARS_MIN} characters and can be guessed`,
  ]
}

/** The tenant of a device that has no way in, its own or another one's. */
function findUnheard(
  { after }: EntryChange,
  draft: EntryDraft,
  isBridged: (tenant: string) => boolean,
): readonly string[] {
  if (after?.kind !== 'device' || after.tenant === undefined || after.login !== undefined) return []
  const { certificate, apikey } = after.parsed as ProvisionedDevice
  const { tenant } = after
  if (certificate !== undefined || apikey !== undefined || isBridged(tenant)) return []
  if (draft.count('credential', tenant) > 0) return []
  const owner = draft.get({ kind: 'tenant', id: tenant })?.parsed as ProvisionedTenant | undefined
  return owner === undefined || owner.groups.length > 0 ? [] : [tenant]
}

function describeUnheard(tenant: string): string {
  return `tenant ${tenant}: nobody can send for devices that have no password yet: it has no credential, group or bridge`
}
