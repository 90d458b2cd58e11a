/** The login of a device or of a credential as it is provisioned: small, since what it may do is found out when it is asked for. */
import type { Login, Psk } from './credentials.ts'
import type { ProvisionedCredential, ProvisionedDevice } from './provision.ts'
import { type StoredPsk, toPsks } from './provisioned-psk.ts'
import { parseSecret, type Secret } from './secret.ts'

/** Hashes as `hashSecret` and `hashPassword` write them. */
export interface StoredLogin {
  readonly hash: string
  readonly changedAt: number
  /** Taken as well until then, in milliseconds since the epoch. */
  readonly old?: { readonly hash: string; readonly until: number } | undefined
}

/** How somebody proves who it is, beside a certificate. */
interface Proofs {
  readonly login?: StoredLogin | undefined
  readonly psk?: StoredPsk | undefined
}

/** What all devices of a tenant may do; nothing is said of them where there is none. */
export type DeviceRules = ReadonlyMap<string, Pick<ProvisionedCredential, 'publish' | 'subscribe'>>

export class DeviceLogin implements Login {
  readonly #device: ProvisionedDevice
  readonly #login: StoredLogin | undefined
  readonly #psk: StoredPsk | undefined
  readonly #rules: DeviceRules

  constructor(device: ProvisionedDevice, { login, psk }: Proofs, rules: DeviceRules) {
    this.#device = device
    this.#login = login
    this.#psk = psk
    this.#rules = rules
  }

  get id(): string {
    return `${this.tenant}/${this.device}`
  }

  get tenant(): string {
    return this.#device.tenant
  }

  get username(): string {
    return this.#device.id
  }

  get device(): string {
    return this.#device.id
  }

  get certificate(): Login['certificate'] {
    return this.#device.certificate
  }

  get publish(): readonly string[] {
    return this.#fill(this.#rules.get(this.tenant)?.publish)
  }

  get subscribe(): readonly string[] {
    return this.#fill(this.#rules.get(this.tenant)?.subscribe)
  }

  getSecrets(now: number): readonly Secret[] {
    return toSecrets(this.#login, now)
  }

  getPsks(now: number): readonly Psk[] {
    return toPsks(this.#psk, now)
  }

  #fill(filters: readonly string[] = []): readonly string[] {
    return filters.map(filter => fillFilter(filter, { device: this.device, tenant: this.tenant }))
  }
}

/** Of a gateway, an application, a person: whatever is no single device. */
export function createLogin(credential: ProvisionedCredential, { login, psk }: Proofs): Login {
  const { tenant, username, certificate } = credential
  const fill = (filter: string) => fillFilter(filter, { device: '+', tenant })
  return {
    id: `${tenant}/${username}`,
    ...{ tenant, username, certificate },
    publish: credential.publish.map(fill),
    subscribe: credential.subscribe.map(fill),
    getSecrets: now => toSecrets(login, now),
    getPsks: now => toPsks(psk, now),
  }
}

function fillFilter(
  filter: string,
  { device, tenant }: { readonly device: string; readonly tenant: string },
): string {
  // By functions: in a plain replacement, a $ that an id may hold would have a meaning.
  return filter.replaceAll('{device}', () => device).replaceAll('{tenant}', () => tenant)
}

function toSecrets(login: StoredLogin | undefined, now: number): readonly Secret[] {
  if (login === undefined) return []
  const hashes =
    login.old !== undefined && login.old.until > now ? [login.hash, login.old.hash] : [login.hash]
  return hashes.flatMap(hash => parseSecret(hash) ?? [])
}
