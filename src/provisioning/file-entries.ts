/** What files give: the destinations of the configuration, and the entries of the provisioning file as they come to be others. */
import type { DestinationConfig } from '../config/config.ts'
import { type Entry, showPlace } from './entry.ts'
import type { EntryDraft, EntryTable } from './entry-table.ts'
import type { Kind, Refusal } from './provisioning.ts'
import { partSecrets } from './secret-keys.ts'
import { isSame } from './wish.ts'

/** What the provisioning file tells of, and what the configuration does. */
export const PROVISION_KINDS: readonly Kind[] = ['tenant', 'credential', 'device']
export const CONFIGURATION_KINDS: readonly Kind[] = ['destination']

export function toDestinationEntries(
  destinations: readonly DestinationConfig[],
  updatedAt: number,
): readonly Entry[] {
  return destinations.map(destination => ({
    ...{ kind: 'destination', id: destination.id, source: 'file', revision: 1, updatedAt },
    ...partSecrets(toWritten(destination)),
    parsed: destination,
  }))
}

/** With units, as somebody would write it. */
function toWritten(destination: DestinationConfig): unknown {
  const toDurations = (times: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(times).map(([key, ms]) => [key, `${ms}ms`]))
  const { batch, timeouts, retry } = destination
  return {
    ...destination,
    batch: { ...batch, maxBytes: `${batch.maxBytes}B`, linger: `${batch.linger}ms` },
    timeouts: toDurations(timeouts),
    retry: toDurations(retry),
  }
}

/** All that a file says of some kinds now, on a draft: what it says no more is gone, and what it says as before stays as it is. */
export function draftFile(
  entries: readonly Entry[],
  kinds: readonly Kind[],
  draft: EntryDraft,
  table: EntryTable,
): readonly Refusal[] {
  const said = new Set(entries.map(showPlace))
  for (const kind of kinds) {
    for (const entry of table.list(kind))
      if (entry.source === 'file' && !said.has(showPlace(entry))) draft.set(entry, undefined)
  }
  return entries.flatMap(entry => draftEntry(entry, draft))
}

function draftEntry(entry: Entry, draft: EntryDraft): readonly Refusal[] {
  const before = draft.get(entry)
  if (before?.source === 'api') {
    const problem = 'expected an id that nothing has which came over the API: remove one of the two'
    return [{ code: 'FROM_FILE', place: entry, faults: [{ file: showPlace(entry), key: '', problem }] }]
  }
  const after = { ...entry, ...keepTime(entry, before), revision: (before?.revision ?? 0) + 1 }
  if (before === undefined || !isSame(before, after)) draft.set(entry, after)
  return []
}

/** A password that is the same as before was not changed when the file was. */
function keepTime({ login, psk }: Entry, before: Entry | undefined): Pick<Entry, 'login' | 'psk'> {
  return {
    ...(login !== undefined && login.hash === before?.login?.hash && { login: before.login }),
    ...(psk !== undefined && psk.key === before?.psk?.key && { psk: before.psk }),
  }
}
