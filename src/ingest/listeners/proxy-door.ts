/** Reads the header of the PROXY protocol off a connection. Whatever comes behind it is left for whoever reads on. */
import { BlockList, isIP, type Socket } from 'node:net'
import { getMessage } from '../../errors.ts'
import { readProxyHeader } from './proxy-header.ts'

export interface ProxyDoorOptions {
  /** Addresses and networks of the load balancers. */
  readonly from: readonly string[]
  /** With the address of the client; where the balancer speaks for itself, with its own. */
  readonly onAddress: (socket: Socket, address: string) => void
  readonly onRefused: (socket: Socket, problem: string) => void
}

export class ProxyDoor {
  readonly #options: ProxyDoorOptions
  readonly #trusted: BlockList

  constructor(options: ProxyDoorOptions) {
    this.#options = options
    this.#trusted = toList(options.from)
  }

  accept(socket: Socket): void {
    const { onAddress, onRefused } = this.#options
    const { remoteAddress = '' } = socket
    if (!this.#trusted.check(remoteAddress, getFamily(remoteAddress))) {
      onRefused(socket, 'expected an address of proxyProtocol.from')
      return
    }
    let bytes: Buffer = Buffer.alloc(0)
    const read = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      try {
        const header = readProxyHeader(bytes)
        if (header === undefined) return
        socket.off('readable', read)
        const rest = bytes.subarray(header.length)
        if (rest.length > 0) socket.unshift(rest)
        onAddress(socket, header.address ?? remoteAddress)
      } catch (error) {
        socket.off('readable', read)
        onRefused(socket, getMessage(error))
      }
    }
    socket.on('readable', read)
  }
}

function toList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    if (prefix === undefined) list.addAddress(address, getFamily(address))
    else list.addSubnet(address, Number(prefix), getFamily(address))
  }
  return list
}

function getFamily(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}
