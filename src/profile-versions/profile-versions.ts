/**
 * The profiles of the store, as administrators change them: a draft becomes the next version, which never changes; one version is
 * active; another one may run beside it. One change at a time.
 */
import type { Checked, Fault } from '../document.ts'
import type { Engine } from '../journal/engine.ts'
import type { Profile } from '../profiles/profile.ts'
import { readDraft } from '../profiles/read-draft.ts'
import type { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Device } from '../reading.ts'
import type { ProvisionedTenant } from '../registry/provision.ts'
import type { ShadowReport } from '../shadow/shadow-plan.ts'
import type { DraftTested } from '../trace/draft.ts'
import { type ActivationPlace, findActivationFaults, findWarnings, toSampleFaults } from './activation.ts'
import type { Activated, ChangeOptions, Draft, Saved, SaveOptions } from './profile-change.ts'
import { type ProfileHead, toActivated, toRolledBack } from './profile-head.ts'
import type { ProfilesInUse } from './profiles-in-use.ts'
import { findShadowFaults } from './shadow-faults.ts'
import {
  findStanding,
  findTaken,
  keepVersion,
  type Refused,
  readProfile,
  refuse,
  refuseKey,
  type Standing,
} from './standing.ts'
import { type ProfilePlace, putVersion, readVersion, removeVersions } from './version-record.ts'
import { type DraftText, toVersionText } from './version-text.ts'

export interface ProfileVersionsOptions {
  readonly engine: Engine
  readonly provisioning: Pick<Provisioning, 'get' | 'list' | 'change'>
  readonly inUse: ProfilesInUse
  readonly activation: ActivationPlace['config']
  /** The devices of a tenant, or of all tenants that have any of the profile. */
  readonly listDevicesAround: (place: ProfilePlace) => ReadonlyMap<string, readonly Device[]>
  readonly getDevice: (tenant: string, id: string) => Device | undefined
  /** Runs the samples of a draft and the linter, beside everything else. */
  readonly test: (draft: string) => Promise<Checked<DraftTested>>
  readonly getShadows: () => Promise<readonly ShadowReport[]>
  readonly now?: (() => number) | undefined
}

export class ProfileVersions {
  readonly #options: ProfileVersionsOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ProfileVersionsOptions) {
    this.#options = options
  }

  /** The first version of a profile. */
  async create(tenant: string | undefined, text: DraftText, options: SaveOptions): Promise<Saved | Refused> {
    const draft = await this.#read(text)
    if (draft.faults !== undefined) return refuse({ id: '', tenant }, 'INVALID', draft.faults)
    return this.#inTurn(async () => {
      const place = { tenant, id: draft.value.profile.id }
      const taken = findTaken(place, this.#options)
      return taken ?? this.#save(place, undefined, draft.value, options)
    })
  }

  async add(place: ProfilePlace, text: DraftText, options: SaveOptions): Promise<Saved | Refused> {
    const draft = await this.#read(text)
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      if (draft.faults !== undefined) return refuse(place, 'INVALID', draft.faults)
      const { id } = draft.value.profile
      if (id === place.id) return this.#save(place, standing, draft.value, options)
      return refuseKey(place, 'INVALID', 'id', `expected ${place.id}, got ${id}`)
    })
  }

  activate(place: ProfilePlace, version: number, options: ChangeOptions): Promise<Activated | Refused> {
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      return this.#activate(place, standing, toActivated(standing.head, version), options)
    })
  }

  /** To the version that was active before, or to an earlier one that is named. */
  rollBack(
    place: ProfilePlace,
    version: number | undefined,
    options: ChangeOptions,
  ): Promise<Activated | Refused> {
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      const { earlier } = standing.head
      const next = version ?? earlier.at(-1)
      if (next !== undefined && earlier.includes(next))
        return this.#activate(place, standing, toRolledBack(standing.head, next), options)
      const expectation = `expected a version that was active before: ${earlier.join(', ') || 'there is none'}`
      return refuseKey(place, 'INVALID', 'version', `${expectation}, got ${version ?? 'none'}`)
    })
  }

  startShadow(
    place: ProfilePlace,
    version: number,
    { devices, ...options }: ChangeOptions & Pick<NonNullable<ProfileHead['shadow']>, 'devices'>,
  ): Promise<Refused | { readonly refusals?: undefined }> {
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      const read = await readProfile(place, standing, version, this.#options.engine)
      if ('refusals' in read) return read
      const { getDevice, now = Date.now } = this.#options
      const faults = findShadowFaults(standing.head, { version, devices }, getDevice)
      if (faults.length > 0) return refuse(place, 'INVALID', faults)
      const shadow = { version, since: now(), ...(devices !== undefined && { devices }) }
      return this.#change(place, standing.revision, { ...standing.head, shadow }, options)
    })
  }

  endShadow(
    place: ProfilePlace,
    version: number,
    options: ChangeOptions,
  ): Promise<Refused | { readonly refusals?: undefined }> {
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      const { shadow, ...head } = standing.head
      if (shadow?.version === version) return this.#change(place, standing.revision, head, options)
      return refuseKey(place, 'NOT_FOUND', '', `expected a shadow run of version ${version}, got none`)
    })
  }

  /** Nothing where there is none of this version. */
  async getShadow({ tenant, id }: ProfilePlace, version: number): Promise<ShadowReport | undefined> {
    const reports = await this.#options.getShadows()
    return reports.find(one => one.id === id && one.tenant === tenant && one.shadow === version)
  }

  /** With all its versions. */
  remove(place: ProfilePlace, options: ChangeOptions): Promise<Refused | { readonly refusals?: undefined }> {
    return this.#inTurn(async () => {
      const standing = findStanding(place, options, this.#options)
      if ('refusals' in standing) return standing
      const answer = await this.#change(place, standing.revision, undefined, options)
      if (answer.refusals === undefined && !options.dryRun) await removeVersions(this.#options.engine, place)
      return answer
    })
  }

  /** A version is on disk before its number is: where that fails, there is nothing but bytes that nobody asks for. */
  async #save(
    place: ProfilePlace,
    standing: Standing | undefined,
    draft: Draft,
    options: SaveOptions,
  ): Promise<Saved | Refused> {
    const { engine, now = Date.now } = this.#options
    const { actor, activate, note, dryRun } = options
    const newest = standing && (await readVersion(engine, place, standing.head.latest))
    const isNew = newest?.text !== draft.written.text
    const version = (standing?.head.latest ?? 0) + Number(isNew)
    const head = { earlier: [], ...standing?.head, ...place, latest: version }
    const active = this.#getActive(place)
    const faults = activate ? this.#findFaults(place, draft, active) : []
    if (faults.length > 0) return refuse(place, 'INVALID', faults)
    const written = { ...draft.written, createdAt: now(), createdBy: actor.name, note }
    if (isNew && !dryRun) await keepVersion(engine, putVersion(place, version, written))
    const next = activate ? toActivated(head, version) : head
    const answer = await this.#change(place, standing?.revision ?? 0, next, options)
    if (answer.refusals !== undefined) return answer
    return {
      id: place.id,
      version,
      isNew,
      test: draft.tested,
      warnings: findWarnings(draft.profile, active),
    }
  }

  async #activate(
    place: ProfilePlace,
    standing: Standing,
    next: ProfileHead,
    options: ChangeOptions,
  ): Promise<Activated | Refused> {
    const version = next.active ?? 0
    const read = await readProfile(place, standing, version, this.#options.engine)
    if ('refusals' in read) return read
    const tested = await this.#options.test(read.text)
    if (tested.faults !== undefined) return refuse(place, 'INVALID', tested.faults)
    const active = this.#getActive(place)
    const faults = this.#findFaults(place, { ...read, tested: tested.value }, active)
    if (faults.length > 0) return refuse(place, 'INVALID', faults)
    const answer = await this.#change(place, standing.revision, next, options)
    return answer.refusals === undefined ? { version, warnings: findWarnings(read.profile, active) } : answer
  }

  async #change(
    { tenant, id }: ProfilePlace,
    ifRevision: number,
    head: ProfileHead | undefined,
    { actor, dryRun }: ChangeOptions,
  ): Promise<Refused | { readonly refusals?: undefined }> {
    const edit = { kind: 'profile', tenant, id, value: head, ifRevision } as const
    const answer = await this.#options.provisioning.change([edit], { actor, dryRun })
    return answer.refusals === undefined ? {} : answer
  }

  /** What is sent may be anything: it is looked at elsewhere before it is looked at here. */
  async #read(text: DraftText): Promise<Checked<Draft>> {
    const written = toVersionText(text)
    const tested = await this.#options.test(written.text)
    if (tested.faults !== undefined) return tested
    const read = readDraft(written.text)
    if (read.faults !== undefined) return read
    return { value: { written, tested: tested.value, profile: read.value.profile } }
  }

  #findFaults(
    place: ProfilePlace,
    { profile, tested }: Pick<Draft, 'profile' | 'tested'>,
    active: Profile | undefined,
  ): readonly Fault[] {
    const { activation: config, inUse, provisioning, listDevicesAround } = this.#options
    const failed = toSampleFaults(profile.id, tested.samples)
    const others = findActivationFaults(profile, active, {
      config,
      listDevices: () => listDevicesAround(place),
      getProfiles: tenant => inUse.of(tenant),
      isStatusTold: id => {
        const tenant = provisioning.get({ kind: 'tenant', id })?.value as ProvisionedTenant | undefined
        return tenant?.deviceStatus === true
      },
    })
    return [...failed, ...others]
  }

  #getActive({ tenant = '', id }: ProfilePlace): Profile | undefined {
    return this.#options.inUse.of(tenant).get(id)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}
