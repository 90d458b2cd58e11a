/** Takes what is provisioned out of an archive. What is there already stays as it is, unless it is to be replaced. */
import { isDeepStrictEqual } from 'node:util'
import { formatFault, showValue } from '../document.ts'
import { TromostError } from '../errors.ts'
import type { Actor, ChangeAnswer, Edit, Kind, Place, Provisioned } from '../provisioning/provisioning.ts'
import type { Line } from './archive-format.ts'
import type { ReadArchive } from './archive-reader.ts'
import type { ReportBook, Section } from './import-report.ts'

export interface ImportOptions {
  readonly actor: Actor
  readonly dryRun: boolean
  /** Makes passwords in place of those that only the other agent can check. */
  readonly newPasswords: boolean
  /** What is there with other values becomes as it is in the archive. */
  readonly replace: boolean
}

export interface EntrySources {
  readonly getProvisioned: (place: Place) => Provisioned | undefined
  readonly change: (
    edits: readonly Edit[],
    options: { readonly actor: Actor; readonly dryRun: boolean },
  ) => Promise<ChangeAnswer>
  readonly hasProfile: (tenant: string, id: string) => boolean
  /** Gives why it cannot be used here; nothing where it is. */
  readonly addProfile: (
    profile: { readonly tenant: string; readonly id: string; readonly yaml: string },
    options: Pick<ImportOptions, 'actor' | 'dryRun'>,
  ) => Promise<string | undefined>
}

type Fields = Readonly<Record<string, unknown>>
type Wanted = Edit & { readonly section: Section }

/** Few, so that no PUBACK waits long for one. */
const PART_EDITS = 100

export class EntryImport {
  readonly #archive: ReadArchive
  readonly #sources: EntrySources
  readonly #options: ImportOptions
  readonly #book: ReportBook
  /** What has to be there before anything else, while it is only a wish. */
  #base: readonly Wanted[] = []
  readonly #coming = new Set<string>()

  constructor(archive: ReadArchive, sources: EntrySources, options: ImportOptions, book: ReportBook) {
    this.#archive = archive
    this.#sources = sources
    this.#options = options
    this.#book = book
  }

  get #tenant(): string {
    return this.#archive.manifest.tenant
  }

  /** Destinations, profiles and the tenant itself: all of it, or IMPORT_REFUSED. */
  async takeBase(): Promise<void> {
    const { dryRun } = this.#options
    const destinations = this.#archive.destinations.flatMap(value =>
      this.#want('destinations', { kind: 'destination', id: getText(value, 'id') }, value as Fields),
    )
    await this.#changeOrRefuse(destinations, dryRun)
    for (const [id, yaml] of this.#archive.profiles) await this.#takeProfile(id, yaml)
    const tenant = this.#want('tenant', { kind: 'tenant', id: this.#tenant }, this.#archive.tenant as Fields)
    this.#base = [...destinations, ...tenant]
    // A profile that is only about to come is none that a dry run could find.
    if (!dryRun || this.#coming.size === 0) await this.#changeOrRefuse(dryRun ? this.#base : tenant, dryRun)
    for (const { section } of this.#base) this.#book.take(section)
  }

  /** In parts; what cannot be taken is told, and the rest is taken all the same. */
  async takeAll(kind: 'credential' | 'device', lines: AsyncIterable<Line<'devices'>>): Promise<void> {
    const section = `${kind}s` as const
    let part: Wanted[] = []
    for await (const { value, login } of lines) {
      const id = getText(value, kind === 'device' ? 'id' : 'username')
      const place = { kind, tenant: this.#tenant, id }
      const wanted = this.#want(section, place, this.#unpin(place, value))
      part.push(...this.#withLogin(place, wanted, value, login === 'new'))
      if (part.length < PART_EDITS) continue
      await this.#changePart(part)
      part = []
    }
    await this.#changePart(part)
  }

  /** Versions are numbered by each agent: one that the device stays on is another one here, or none. */
  #unpin({ kind, id }: Place, value: Fields): Fields {
    const { profileVersion, ...unpinned } = value
    if (profileVersion === undefined || !this.#coming.has(getText(value, 'profile'))) return value
    this.#book.tell(
      `version of ${kind} ${id}`,
      `it stayed on version ${profileVersion}; here it has the active one`,
    )
    return unpinned
  }

  async #takeProfile(id: string, yaml: string): Promise<void> {
    const { addProfile, hasProfile } = this.#sources
    if (hasProfile(this.#tenant, id)) {
      this.#book.know('profiles')
      return
    }
    const problem = await addProfile({ tenant: this.#tenant, id, yaml }, this.#options)
    if (problem !== undefined) {
      this.#book.leave('profiles', `profile ${id}`, problem)
      return
    }
    this.#coming.add(id)
    this.#book.take('profiles')
  }

  /** Nothing where it is there already and stays. */
  #want(section: Section, place: Place, value: Fields): readonly Wanted[] {
    const present = this.#sources.getProvisioned(place)
    if (present === undefined) return [{ ...place, value, section }]
    const { passwordHash: _hash, ...plain } = value
    if (isDeepStrictEqual(present.value, plain)) this.#book.know(section)
    else if (this.#options.replace && present.source === 'api') return [{ ...place, value, section }]
    else this.#book.leave(section, `${place.kind} ${place.id}`, toStays(present))
    return []
  }

  #withLogin(
    place: Place & { readonly kind: Kind },
    wanted: readonly Wanted[],
    { certificate }: Fields,
    isNew: boolean,
  ): readonly Wanted[] {
    const present = this.#sources.getProvisioned(place)
    if (!isNew || present?.login !== undefined) return wanted
    const [edit] = wanted
    if (this.#options.newPasswords && present?.source !== 'file')
      return [{ section: `${place.kind}s` as Section, ...place, ...edit, login: { wish: 'make' } }]
    const why = 'its password was hashed with a key that only the other agent has: make a new one'
    this.#book.tell(`password of ${place.kind} ${place.id}`, why)
    // Without a word, a credential would be given a password that nobody sees.
    const isMute = edit !== undefined && present === undefined && place.kind === 'credential'
    return isMute && certificate === undefined ? [{ ...edit, login: { wish: 'revoke' } }] : wanted
  }

  async #changeOrRefuse(wanted: readonly Wanted[], dryRun: boolean): Promise<void> {
    if (wanted.length === 0) return
    const { refusals = [] } = await this.#change(wanted, dryRun)
    if (refusals.length === 0) return
    const problems = refusals.flatMap(({ faults }) => faults.map(formatFault))
    throw new TromostError('IMPORT_REFUSED', problems.join('; '))
  }

  async #changePart(part: readonly Wanted[]): Promise<void> {
    const { dryRun } = this.#options
    let left = part.filter(wanted => !dryRun || !this.#isUnknowable(wanted))
    for (const { section } of part.filter(wanted => !left.includes(wanted))) this.#book.take(section)
    const base = dryRun ? this.#base : []
    while (left.length > 0) {
      const answer = await this.#change([...base, ...left], dryRun)
      const { refusals = [] } = answer
      if (answer.refusals === undefined) this.#note(left, answer)
      if (refusals.length === 0) return
      const refused = left.filter(wanted => refusals.some(({ place }) => isSame(place, wanted)))
      // What is wrong with none of them would be wrong with all of them for ever.
      for (const wanted of refused.length === 0 ? left : refused) this.#refuse(wanted, refusals)
      left = refused.length === 0 ? [] : left.filter(wanted => !refused.includes(wanted))
    }
  }

  #note(part: readonly Wanted[], answer: Extract<ChangeAnswer, { readonly secrets: unknown }>): void {
    for (const { section } of part) this.#book.take(section)
    for (const { place, password = '' } of answer.secrets)
      this.#book.passwords.push({ kind: place.kind as 'device' | 'credential', id: place.id, password })
  }

  #refuse(
    { section, kind, id }: Wanted,
    refusals: readonly { readonly place: Place; readonly faults: unknown }[],
  ): void {
    const own = refusals.filter(({ place }) => place.kind === kind && place.id === id)
    const [first] = own.length > 0 ? own : refusals
    const faults = (first?.faults ?? []) as readonly Parameters<typeof formatFault>[0][]
    this.#book.leave(section, `${kind} ${id}`, faults.map(formatFault).join('; '))
  }

  /** A device of a profile that is about to come, or anything of a tenant that needs one. */
  #isUnknowable({ value }: Wanted): boolean {
    if (this.#coming.size === 0) return false
    const isTenantComing = this.#base.some(({ kind }) => kind === 'tenant')
    return isTenantComing || this.#coming.has(getText(value, 'profile'))
  }

  #change(wanted: readonly Wanted[], dryRun: boolean): Promise<ChangeAnswer> {
    const edits = wanted.map(({ section: _section, ...edit }) => edit)
    return this.#sources.change(edits, { actor: this.#options.actor, dryRun })
  }
}

function toStays({ source }: Provisioned): string {
  if (source === 'file') return 'a file here has it with other values, which stay'
  return 'it is there with other values, which stay; --replace takes those of the archive'
}

function isSame(one: Place, other: Place): boolean {
  return one.kind === other.kind && one.id === other.id && one.tenant === other.tenant
}

function getText(value: unknown, key: string): string {
  const text = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
  if (typeof text === 'string') return text
  throw new TromostError('ARCHIVE_INVALID', `expected a text as ${key}, got ${showValue(text)}`)
}
