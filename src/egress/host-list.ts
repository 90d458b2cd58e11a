/** Names, addresses and networks that a list of the configuration has. */
import { type BlockList, isIP } from 'node:net'
import { createList, has } from './address-classes.ts'

export class HostList {
  readonly #names: ReadonlySet<string>
  /** With the dot before them. */
  readonly #endings: readonly string[]
  readonly #networks: BlockList
  readonly hasNoAddresses: boolean

  constructor(entries: readonly string[]) {
    const networks = entries.filter(entry => isIP(entry.split('/')[0] ?? '') !== 0)
    const names = entries.filter(entry => !networks.includes(entry)).map(name => name.toLowerCase())
    this.#networks = createList(networks)
    this.hasNoAddresses = networks.length === 0
    this.#names = new Set(names.filter(name => !name.startsWith('*.')))
    this.#endings = names.filter(name => name.startsWith('*.')).map(name => name.slice(1))
  }

  /** `*.kranj.si` is every name below kranj.si, and not that name itself. */
  hasName(host: string): boolean {
    return this.#names.has(host) || this.#endings.some(ending => host.endsWith(ending))
  }

  hasAddress(address: string): boolean {
    return has(this.#networks, address)
  }
}
