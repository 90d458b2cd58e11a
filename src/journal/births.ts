/**
 * What devices announced of themselves, by the position of the message that said it: a lane that starts again at an older cursor
 * finds what held there, and not what came later. What the values say is known to those who write them.
 */
import type { Change, Engine, Entry } from './engine.ts'

export interface StoredBirth {
  /** Whose birth it is: names of fixed number, such as group, edge node, device. */
  readonly of: readonly string[]
  readonly position: number
  readonly value: Buffer
}

const PAGE_ENTRIES = 256

export function createBirthChange(tenant: string, { of, position, value }: StoredBirth): Change {
  return { table: 'births', key: [tenant, ...of, position], value }
}

/** Of each name the last birth before a position, or before the oldest message of the journal, in the order of their positions. */
export async function loadBirths(
  engine: Engine,
  tenant: string,
  before: number,
): Promise<readonly StoredBirth[]> {
  // A lane that is new to its tenant stands at 0, and begins with what is still there.
  const end = Math.max(before, (await getOldestPosition(engine, tenant)) ?? 0)
  return findLatest(await loadAllBirths(engine, tenant), end)
}

/** In the order of their positions. */
export async function loadAllBirths(engine: Engine, tenant: string): Promise<readonly StoredBirth[]> {
  const births: StoredBirth[] = []
  for await (const birth of readBirths(engine, tenant)) births.push(birth)
  return births.sort((one, other) => one.position - other.position)
}

/** Of births in the order of their positions: of each name the last one before a position. */
export function findLatest(births: readonly StoredBirth[], before: number): readonly StoredBirth[] {
  const latest = new Map<string, StoredBirth>()
  for (const birth of births) {
    if (birth.position < before) latest.set(JSON.stringify(birth.of), birth)
  }
  return births.filter(birth => latest.get(JSON.stringify(birth.of)) === birth)
}

/** Removes what no message of the journal can ask for any more: births that another one followed before the oldest message. */
export async function expireBirths(engine: Engine, tenant: string): Promise<void> {
  const kept = (await getOldestPosition(engine, tenant)) ?? Number.POSITIVE_INFINITY
  const latest = new Map<string, StoredBirth>()
  const outlived: Change[] = []
  for await (const birth of readBirths(engine, tenant)) {
    if (birth.position >= kept) continue
    const name = JSON.stringify(birth.of)
    const earlier = latest.get(name)
    if (earlier !== undefined)
      outlived.push({ table: 'births', key: [tenant, ...earlier.of, earlier.position] })
    latest.set(name, birth)
  }
  if (outlived.length > 0) await engine.commit(outlived)
}

/** Of the messages that are in the journal; undefined when there are none. */
async function getOldestPosition(engine: Engine, tenant: string): Promise<number | undefined> {
  const [oldest] = await engine.range('chunks', { within: [tenant], from: [tenant], limit: 1 })
  return oldest === undefined ? undefined : Number(oldest.key[1])
}

/** Removes those that are meant. Gives how many there are. */
export async function forgetBirths(
  engine: Engine,
  tenant: string,
  { isMeant, dryRun }: { readonly isMeant: (birth: StoredBirth) => boolean; readonly dryRun: boolean },
): Promise<number> {
  const meant: Change[] = []
  for await (const birth of readBirths(engine, tenant))
    if (isMeant(birth)) meant.push({ table: 'births', key: [tenant, ...birth.of, birth.position] })
  if (meant.length > 0 && !dryRun) await engine.commit(meant)
  return meant.length
}

async function* readBirths(engine: Engine, tenant: string): AsyncGenerator<StoredBirth> {
  const within = [tenant]
  let entries: readonly Entry[] = []
  let from: Entry['key'] = within
  do {
    entries = await engine.range('births', { within, from, limit: PAGE_ENTRIES })
    for (const { key, value } of entries) {
      const position = Number(key.at(-1))
      from = [...key.slice(0, -1), position + 1]
      yield { of: key.slice(1, -1).map(String), position, value }
    }
  } while (entries.length === PAGE_ENTRIES)
}
