/**
 * Where neither a broker nor a webhook is, whoever names it: link-local addresses and those at which clouds hand out the credentials of
 * a machine. A name is held against them when it is looked up for a connection, so that it cannot lead elsewhere later.
 */
import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const CLOSED = new BlockList()
CLOSED.addSubnet('169.254.0.0', 16, 'ipv4')
CLOSED.addSubnet('fe80::', 10, 'ipv6')
CLOSED.addSubnet('fd00:ec2::', 32, 'ipv6')
CLOSED.addAddress('100.100.100.200', 'ipv4')
CLOSED.addAddress('192.0.0.192', 'ipv4')

/** Of an address as text; a name is none. IPv4 within IPv6 counts as what it is. */
export function isClosedAddress(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  const version = isIP(address)
  return version !== 0 && CLOSED.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** For connections: a name that leads to a closed address is not found. */
export const lookUpOpen: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, options, (error, found, family) => {
    const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address)
    const closed = error === null ? addresses.find(isClosedAddress) : undefined
    if (closed === undefined) callback(error, found, family)
    else callback(new ClosedAddressError(hostname, closed), found, family)
  })
}

class ClosedAddressError extends Error {
  readonly code = 'ENOTFOUND'

  constructor(hostname: string, address: string) {
    super(`${hostname}: expected an address that may be connected to, got ${address}`)
  }
}
