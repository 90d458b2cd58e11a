/** One page of what there is: filtered, sorted, from behind the last one of the page before. */
import { type Entry, toProvisioned } from './entry.ts'
import type { Entries } from './entry-table.ts'
import type { Kind, Listed, ListQuery, PageEnd } from './provisioning.ts'

interface Ranked {
  readonly entry: Entry
  readonly rank: PageEnd
}

export function listEntries(entries: Entries, kind: Kind, query: ListQuery): Listed {
  const { tenant, after, limit, sort = 'id', descending = false } = query
  const passes = createFilter(query)
  const direction = descending ? -1 : 1
  const compare = (one: PageEnd, other: PageEnd) => direction * compareRanks(one, other)
  const page: Ranked[] = []
  let [total, behind] = [0, 0]
  for (const entry of entries.list(kind, tenant)) {
    if (!passes(entry)) continue
    total += 1
    const ranked = { entry, rank: toRank(entry, sort) }
    if (after !== undefined && compare(ranked.rank, after) <= 0) continue
    behind += 1
    insert(page, ranked, limit, compare)
  }
  const next = behind > page.length ? page.at(-1)?.rank : undefined
  return { items: page.map(({ entry }) => toProvisioned(entry)), total, ...(next !== undefined && { next }) }
}

function createFilter({ profile, source, search, isMeant }: ListQuery): (entry: Entry) => boolean {
  const prefix = search?.trim().toLocaleLowerCase()
  return entry =>
    (source === undefined || entry.source === source) &&
    (profile === undefined || (entry.parsed as { readonly profile?: string }).profile === profile) &&
    (prefix === undefined || prefix === '' || getTexts(entry).some(text => startsAnyWord(text, prefix))) &&
    (isMeant?.(entry) ?? true)
}

/** What people look a thing up by. Names of tenants are one for each language. */
function getTexts({ id, parsed }: Entry): readonly string[] {
  const { name } = parsed as { readonly name?: string | Readonly<Record<string, string>> }
  if (name === undefined) return [id]
  return typeof name === 'string' ? [id, name] : [id, ...Object.values(name)]
}

function startsAnyWord(text: string, prefix: string): boolean {
  const lower = text.toLocaleLowerCase()
  if (lower.startsWith(prefix)) return true
  for (let at = lower.indexOf(prefix, 1); at !== -1; at = lower.indexOf(prefix, at + 1))
    if (/[^\p{L}\p{N}]/u.test(lower[at - 1] ?? '')) return true
  return false
}

function toRank(entry: Entry, sort: NonNullable<ListQuery['sort']>): PageEnd {
  const { tenant = '', id } = entry
  if (sort === 'updatedAt') return [entry.updatedAt, tenant, id]
  if (sort === 'name') return [getTexts(entry)[1]?.toLocaleLowerCase() ?? '', tenant, id]
  return ['', tenant, id]
}

function compareRanks(one: PageEnd, other: PageEnd): number {
  for (let at = 0; at < one.length; at++) {
    const [a = '', b = ''] = [one[at], other[at]]
    if (a !== b) return a < b ? -1 : 1
  }
  return 0
}

/** A page is short: what is not of it is told by one comparison with its end. */
function insert(
  page: Ranked[],
  ranked: Ranked,
  limit: number,
  compare: (one: PageEnd, other: PageEnd) => number,
): void {
  const last = page.at(-1)
  if (page.length >= limit && last !== undefined && compare(ranked.rank, last.rank) > 0) return
  let [low, high] = [0, page.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const there = page[middle]
    if (there !== undefined && compare(there.rank, ranked.rank) < 0) low = middle + 1
    else high = middle
  }
  page.splice(low, 0, ranked)
  if (page.length > limit) page.pop()
}
