/**
 * The one guard of what goes out: every connection to a destination, token server, webhook, issuer or foreign broker asks it where it
 * may lead. A name is held against the rules by the addresses that it was looked up to for this very connection, so that it cannot
 * lead elsewhere a moment later.
 */
import { type LookupAddress, type LookupAllOptions, lookup as lookUp } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { TromostError } from '../errors.ts'
import { classify } from './address-classes.ts'
import { HostList } from './host-list.ts'
import { type Place, toPlace } from './place.ts'

/** Plain data, for every thread. */
export interface EgressPlan {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** Addresses of the configuration file: at their host and port the inside is open. */
  readonly named: readonly string[]
}

type OnRefused = (detail: string) => void
/** As `lookup` of Node.js does it. */
type LookUp = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: Error | null, found: LookupAddress[]) => void,
) => void

const INSIDE = 'one of this machine or of a private network'
const DENIED = 'one that egress.deny closes'
const CLOSED = 'one that is closed to all'

export class Egress {
  readonly #allow: HostList
  readonly #deny: HostList
  readonly #isRestDenied: boolean
  readonly #named: ReadonlySet<string>
  readonly #onRefused: OnRefused
  readonly #lookUp: LookUp

  constructor({ allow, deny, named }: EgressPlan, onRefused: OnRefused = () => {}, look: LookUp = lookUp) {
    this.#allow = new HostList(allow)
    this.#deny = new HostList(deny.filter(entry => entry !== '*'))
    this.#isRestDenied = deny.includes('*')
    this.#named = new Set(named.map(address => toKey(toPlace(address))))
    this.#onRefused = onRefused
    this.#lookUp = look
  }

  /** Why a connection there would be refused, as far as the address itself tells. */
  findFault(address: string): string | undefined {
    const place = toPlace(address)
    if (place.isLiteral) return this.#judge(place, place.host)
    // What a name means is known when it is looked up. This one means the same everywhere.
    if (/(?:^|\.)localhost$/.test(place.host)) return this.#judge(place, '127.0.0.1')
    if (this.#deny.hasName(place.host)) return DENIED
    return this.#isRestDenied && !this.#isWanted(place) && this.#allow.hasNoAddresses ? DENIED : undefined
  }

  /** How names are looked up for connections there. Throws ADDRESS_CLOSED where the address itself is closed. */
  open(address: string): LookupFunction {
    const place = toPlace(address)
    const fault = place.isLiteral ? this.#judge(place, place.host) : undefined
    if (fault !== undefined) throw this.#refuse(place, fault)
    return (hostname, options, callback) => {
      this.#lookUp(hostname, { ...options, all: true }, (error, found) => {
        const open = error === null ? this.#sift(place, found) : error
        if (open instanceof Error) callback(open, '')
        else if (options.all === true) callback(null, open)
        else callback(null, open[0].address, open[0].family)
      })
    }
  }

  #sift(place: Place, found: readonly LookupAddress[]): [LookupAddress, ...LookupAddress[]] | Error {
    const [first, ...others] = found.filter(({ address }) => this.#judge(place, address) === undefined)
    if (first !== undefined) return [first, ...others]
    const [closed] = found
    const fault = closed && `${closed.address}, ${this.#judge(place, closed.address)}`
    return this.#refuse(place, fault ?? 'none at all')
  }

  #judge(place: Place, address: string): string | undefined {
    const kind = classify(address)
    if (kind === 'closed') return CLOSED
    if (this.#deny.hasName(place.host) || this.#deny.hasAddress(address)) return DENIED
    if (this.#isWanted(place) || this.#allow.hasAddress(address)) return undefined
    if (this.#isRestDenied) return DENIED
    return kind === 'inner' ? INSIDE : undefined
  }

  #isWanted(place: Place): boolean {
    return this.#allow.hasName(place.host) || this.#named.has(toKey(place))
  }

  #refuse({ host, port }: Place, got: string): TromostError {
    const detail = `${host}:${port}: expected an address that egress of the configuration leaves open, got ${got}`
    this.#onRefused(detail)
    return new TromostError('ADDRESS_CLOSED', detail)
  }
}

/** As if the configuration file named these addresses, and nothing else. */
export function openTo(...named: readonly string[]): Egress {
  return new Egress({ allow: [], deny: [], named })
}

function toKey({ host, port }: Place): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}
