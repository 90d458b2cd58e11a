/** The way in: sensors connect and publish over MQTT. What they publish is handed on raw, and acknowledged when it is stored. */
import type { MqttConfig } from '../config/config.ts'
import type { Command } from '../reading.ts'
import type { Psk, Touched } from '../registry/credentials.ts'
import { Broker, type BrokerOptions } from './broker.ts'
import { AddressCounts } from './limits/address-counts.ts'
import { type Listener, type ListenerOptions, openListener, type SocketHandler } from './listener.ts'
import type { IngestObserver } from './observer.ts'
import { Retained } from './retained.ts'

export interface IngestOptions extends Omit<BrokerOptions, 'limits'> {
  readonly mqtt: MqttConfig
}

export interface Ingest {
  readonly listeners: readonly Listener[]
  readonly retained: Retained
  /** Sends a message to whoever of its tenant listens, at QoS 0. It is none of ours to keep. */
  publish(command: Pick<Command, 'tenant' | 'topic' | 'payload'>): void
  /** Ends connections whose credential may no longer do what it could. */
  recheck(touched: Touched): void
  /** Takes no new connections and ends those there are. What was handed on before is still answered by its own. */
  close(): Promise<void>
}

/** Opens the broker and all its listeners, or none: a port that is taken closes the others again. */
export async function openIngest({ mqtt, ...options }: IngestOptions): Promise<Ingest> {
  const broker = await Broker.open({ ...options, limits: mqtt.limits })
  const handler = createSocketHandler(mqtt.limits, options.observer, (stream, peer) =>
    broker.handle(stream, peer),
  )
  const listeners: Listener[] = []
  const close = async () => {
    // Clients are told why before their sockets are cut.
    const isClosed = broker.close()
    await Promise.all(listeners.map(listener => listener.close()))
    await isClosed
  }
  const rules: ListenerOptions = {
    connectTimeoutMs: mqtt.limits.connectTimeout,
    handshakesMax: mqtt.limits.handshakes,
    getPsk: identity => toKey(options.credentials.findPsk(identity)),
    onRefused: (code, detail, source) => options.observer.refused(code, detail, source),
  }
  try {
    for (const config of mqtt.listeners) listeners.push(await openListener(config, handler, rules))
  } catch (error) {
    await close()
    throw error
  }
  return {
    listeners,
    retained: new Retained(broker.retained, options.registry),
    publish: command => broker.publish(command),
    recheck: touched => broker.recheck(touched),
    close,
  }
}

function toKey(psk: Psk | undefined): Buffer | undefined {
  return psk && Buffer.from(psk.key, 'hex')
}

/** What is counted is sockets, and by the address at their other end those that have got as far as to speak MQTT. */
function createSocketHandler(
  { connections, connectionsPerAddress }: MqttConfig['limits'],
  { refused, ...observer }: IngestObserver,
  handle: SocketHandler['handle'],
): SocketHandler {
  const addresses = new AddressCounts(connectionsPerAddress)
  let count = 0
  const change = (by: number) => {
    count += by
    observer.connections(count)
  }
  return {
    handle: (stream, peer) => {
      const { address } = peer
      if (!addresses.admit(address)) {
        refused('ADDRESS_FULL', `address ${address}`, address)
        stream.destroy()
        return
      }
      stream.once('close', () => addresses.release(address))
      handle(stream, peer)
    },
    admit: address => {
      if (count >= connections) {
        refused('CONNECTIONS_FULL', `address ${address}`, address)
        return false
      }
      change(1)
      return true
    },
    closed: () => change(-1),
  }
}
