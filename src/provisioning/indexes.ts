/** Registry and credentials of what is provisioned, and how both follow when some of it changes. */
import type { DestinationConfig } from '../config/destination.ts'
import {
  type CertificateName,
  Credentials,
  type Login,
  type LoginChange,
  type Touched,
} from '../registry/credentials.ts'
import {
  isForDevices,
  type ProvisionedCredential,
  type ProvisionedDevice,
  type ProvisionedTenant,
} from '../registry/provision.ts'
import { createLogin, DeviceLogin } from '../registry/provisioned-login.ts'
import { Registry } from '../registry/registry.ts'
import type { RegistryChange, Tenant } from '../registry/registry-data.ts'
import { toTenantDestination } from '../registry/tenant-destination.ts'
import type { Entry, EntryChange } from './entry.ts'
import type { Place } from './provisioning.ts'

export class Indexes {
  readonly registry: Registry
  readonly credentials: Credentials
  readonly #defaultDestination: string
  /** Until when old passwords and keys are taken, by what they are and `tenant/username`. */
  readonly #graces = new Map<string, number>()
  readonly #rules = new Map<string, ProvisionedCredential>()

  /** `defaultDestination` is that of tenants that name none. */
  constructor(entries: Iterable<Entry>, defaultDestination: string, key: Buffer) {
    this.#defaultDestination = defaultDestination
    this.registry = new Registry({ tenants: [], devices: [] })
    this.credentials = new Credentials([], key)
    const changes = [...entries].map(after => ({ before: undefined, after }))
    this.registry.apply(this.toRegistryChanges(changes))
    this.applyLogins(changes)
  }

  toRegistryChanges(changes: readonly EntryChange[]): readonly RegistryChange[] {
    return changes.flatMap(({ before, after }): readonly RegistryChange[] => {
      const { kind, id, tenant } = after ?? before ?? {}
      if (kind === 'tenant' && id !== undefined) return [{ kind, id, value: after && this.#toTenant(after) }]
      if (kind === 'destination' && id !== undefined)
        return [{ kind, id, value: after?.parsed as DestinationConfig | undefined }]
      if (kind === 'device' && id !== undefined && tenant !== undefined)
        return [{ kind, tenant, id, value: after?.parsed as ProvisionedDevice | undefined }]
      return []
    })
  }

  /** Whose certificate has this name. */
  findCertificateOwner(name: CertificateName): Place | undefined {
    const login = this.credentials.findCertificate(name)
    if (login === undefined) return undefined
    const { tenant, username: id, device } = login
    return { kind: device === undefined ? 'credential' : 'device', tenant, id }
  }

  /** Those whose old password is taken no more since the last time. */
  takeEndedGraces(now: number): Touched {
    const ended = [...this.#graces].filter(([, until]) => until <= now).map(([key]) => key)
    for (const key of ended) this.#graces.delete(key)
    return { credentials: new Set(ended.map(key => key.slice(key.indexOf(' ') + 1))), tenants: new Set() }
  }

  /** Gives whose connections are to be looked at again. */
  applyLogins(changes: readonly EntryChange[]): Touched {
    const rules = changes.filter(isOfRule)
    for (const { before, after } of rules) this.#setRule(before?.tenant ?? after?.tenant, after)
    const logins = changes.filter(change => !isOfRule(change)).flatMap(change => this.#toLoginChange(change))
    this.credentials.apply(logins)
    return {
      credentials: new Set(logins.map(({ tenant, username }) => `${tenant}/${username}`)),
      tenants: new Set(rules.flatMap(({ before, after }) => before?.tenant ?? after?.tenant ?? [])),
    }
  }

  #noteGrace({ before, after }: EntryChange): void {
    const { tenant, id } = after ?? before ?? {}
    for (const proof of ['login', 'psk'] as const) {
      const until = after?.[proof]?.old?.until
      if (until === undefined) this.#graces.delete(`${proof} ${tenant}/${id}`)
      else this.#graces.set(`${proof} ${tenant}/${id}`, until)
    }
  }

  #setRule(tenant: string | undefined, rule: Entry | undefined): void {
    if (tenant === undefined) return
    if (rule === undefined) this.#rules.delete(tenant)
    else this.#rules.set(tenant, rule.parsed as ProvisionedCredential)
  }

  #toLoginChange({ before, after }: EntryChange): readonly LoginChange[] {
    if (this.#graces.size > 0 || after?.login?.old !== undefined || after?.psk?.old !== undefined)
      this.#noteGrace({ before, after })
    const login = after && this.#toLogin(after)
    const { tenant, id: username } = after ?? before ?? {}
    if (tenant === undefined || username === undefined) return []
    const hadLogin = before !== undefined && this.#toLogin(before) !== undefined
    return login === undefined && !hadLogin ? [] : [{ tenant, username, login }]
  }

  #toTenant({ parsed }: Entry): Tenant {
    const tenant = parsed as ProvisionedTenant
    const destinations = tenant.destinations ?? [this.#defaultDestination]
    return { ...tenant, destinations: destinations.map(toTenantDestination) }
  }

  /** Nothing for those that have neither password nor key nor certificate. */
  #toLogin({ kind, parsed, login, psk }: Entry): Login | undefined {
    const { certificate } = parsed as Partial<ProvisionedCredential | ProvisionedDevice>
    if (kind !== 'device' && kind !== 'credential') return undefined
    if (login === undefined && psk === undefined && certificate === undefined) return undefined
    return kind === 'device'
      ? new DeviceLogin(parsed as ProvisionedDevice, { login, psk }, this.#rules)
      : createLogin(parsed as ProvisionedCredential, { login, psk })
  }
}

/** What all devices of a tenant may do is no login. */
function isOfRule({ before, after }: EntryChange): boolean {
  const { kind, id = '' } = after ?? before ?? {}
  return kind === 'credential' && isForDevices(id)
}
