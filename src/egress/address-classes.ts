/** Which addresses nobody is sent to, and which are the inside: this machine and private networks. By the registries of IANA. */
import { BlockList, isIP } from 'node:net'

export type AddressClass =
  /** Neither a broker nor a webhook is there, whoever names it. */
  | 'closed'
  /** This machine, or a network that the web does not reach. */
  | 'inner'
  | 'public'

/** Link-local, multicast and reserved ones, and those at which clouds hand out the credentials of a machine. */
const CLOSED = createList([
  ...['169.254.0.0/16', 'fe80::/10', '224.0.0.0/4', 'ff00::/8', '240.0.0.0/4'],
  ...['fd00:ec2::/32', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
])
/** This machine and private networks, where the brokers of a city usually are. */
export const INNER_NETWORKS: readonly string[] = [
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['::1/128', 'fc00::/7'],
]
/** With those that lead back into IPv4: compatible, translated (NAT64), 6to4 and Teredo. */
const INNER = createList([
  ...INNER_NETWORKS,
  ...['0.0.0.0/8', '192.0.0.0/24', '198.18.0.0/15', '::/96', 'fec0::/10'],
  ...['64:ff9b::/96', '64:ff9b:1::/48', '2002::/16', '2001::/32'],
])

/** Of an address, in any spelling that Node.js knows as one. IPv4 within IPv6 counts as what it is. */
export function classify(address: string): AddressClass {
  if (has(CLOSED, address)) return 'closed'
  return has(INNER, address) ? 'inner' : 'public'
}

/** Of an address as text, with or without brackets; a name is none. */
export function isClosedAddress(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  return isIP(address) !== 0 && classify(address) === 'closed'
}

/** Of networks and single addresses. */
export function createList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

/** A zone, as in fe80::1%eth0, says by which interface and not where. */
export function has(list: BlockList, address: string): boolean {
  const [bare = ''] = address.split('%')
  return list.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4')
}
