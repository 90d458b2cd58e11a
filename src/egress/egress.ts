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
  #rules: Rules
  readonly #onRefused: OnRefused
  readonly #lookUp: LookUp

  constructor(plan: EgressPlan, onRefused: OnRefused = () => {}, look: LookUp = lookUp) {
    this.#rules = toRules(plan)
    this.#onRefused = onRefused
    this.#lookUp = look
  }

  /** Another object after each `use`. */
  get plan(): EgressPlan {
    return this.#rules.plan
  }

  /** From now on, for every connection that is still to be made. */
  use(plan: EgressPlan): void {
    this.#rules = toRules(plan)
  }

  /** Why a connection there would be refused, as far as the address itself tells. */
  findFault(address: string): string | undefined {
    const place = toPlace(address)
    if (place.isLiteral) return this.#judge(place, place.host)
    // What a name means is known when it is looked up. This one means the same everywhere.
    if (/(?:^|\.)localhost$/.test(place.host)) return this.#judge(place, '127.0.0.1')
    const { allow, deny, isRestDenied } = this.#rules
    if (deny.hasName(place.host)) return DENIED
    return isRestDenied && !this.#isWanted(place) && allow.hasNoAddresses ? DENIED : undefined
  }

  /** How names are looked up for connections there. Throws ADDRESS_CLOSED where the address itself is closed. */
  open(address: string): LookupFunction {
    const place = toPlace(address)
    const fault = place.isLiteral ? this.#judge(place, place.host) : undefined
    if (fault !== undefined) throw this.#refuse(place, fault)
    return (hostname, options, callback) => {
      this.#lookUp(hostname, { ...options, all: true }, (error, found) => {
        if (error) {
          callback(error, '')
          return
        }
        const [first, ...others] = found.filter(one => this.#judge(place, one.address) === undefined)
        if (first === undefined) callback(this.#refuse(place, this.#describe(place, found)), '')
        else if (options.all === true) callback(null, [first, ...others])
        else callback(null, first.address, first.family)
      })
    }
  }

  #describe(place: Place, [closed]: readonly LookupAddress[]): string {
    return closed === undefined ? 'none' : `${closed.address}, ${this.#judge(place, closed.address)}`
  }

  #judge(place: Place, address: string): string | undefined {
    const { allow, deny, isRestDenied } = this.#rules
    const kind = classify(address)
    if (kind === 'closed') return CLOSED
    if (deny.hasName(place.host) || deny.hasAddress(address)) return DENIED
    if (this.#isWanted(place) || allow.hasAddress(address)) return undefined
    if (isRestDenied) return DENIED
    return kind === 'inner' ? INSIDE : undefined
  }

  #isWanted(place: Place): boolean {
    return this.#rules.allow.hasName(place.host) || this.#rules.named.has(toKey(place))
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

interface Rules {
  readonly plan: EgressPlan
  readonly allow: HostList
  readonly deny: HostList
  readonly isRestDenied: boolean
  readonly named: ReadonlySet<string>
}

function toRules(plan: EgressPlan): Rules {
  return {
    plan,
    allow: new HostList(plan.allow),
    deny: new HostList(plan.deny.filter(entry => entry !== '*')),
    isRestDenied: plan.deny.includes('*'),
    named: new Set(plan.named.map(address => toKey(toPlace(address)))),
  }
}

function toKey({ host, port }: Place): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}
