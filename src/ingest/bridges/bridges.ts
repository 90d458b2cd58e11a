/** Bridges: messages of foreign MQTT brokers, such as that of a LoRaWAN network server, taken in for a tenant. */
import { createHmac } from 'node:crypto'
import type { IPublishPacket } from 'mqtt'
import type { BridgeConfig } from '../../config/bridge.ts'
import type { MqttConfig } from '../../config/config.ts'
import type { Egress } from '../../egress/egress.ts'
import type { Command, StoreMessage } from '../../reading.ts'
import type { Registry } from '../../registry/registry.ts'
import { remember } from '../../remember.ts'
import { isSparkplugControl } from '../../sparkplug-topic.ts'
import { isOwnTopic } from '../../status-topic.ts'
import { observeStore } from '../observe-store.ts'
import type { IngestObserver } from '../observer.ts'
import { Bridge, type BridgeReport } from './bridge.ts'

export interface BridgesOptions {
  readonly bridges: readonly BridgeConfig[]
  /** Whose limits hold for what is fetched too. */
  readonly mqtt: MqttConfig
  readonly registry: Registry
  /** Of this data folder: by it a bridge finds the session again that it has at the foreign broker. */
  readonly key: Buffer
  readonly store: StoreMessage
  /** Answers a message that is not stored, once everything before it is answered. */
  readonly passAfter: (tenant: string, done: () => void) => void
  readonly egress: Egress
  readonly observer: IngestObserver
  readonly onBridge: (report: BridgeReport) => void
}

export interface Bridges {
  send(command: Command): void
  getReports(): readonly BridgeReport[]
  close(): Promise<void>
}

const CLOSE_GRACE_MS = 1_000
const TOPICS_MAX = 16_384

/** Begins to connect. A broker that cannot be reached is tried again, and is no reason not to start. */
export function openBridges(options: BridgesOptions): Bridges {
  const { key, egress, onBridge } = options
  const store = observeStore(options.store, options.observer)
  const bridges = options.bridges.map(
    bridge =>
      new Bridge({
        bridge: { ...bridge, clientId: bridge.clientId ?? createClientId(bridge.id, key) },
        egress,
        take: createTake(bridge, { ...options, store }),
        onChange: onBridge,
      }),
  )
  return {
    send: command => {
      for (const bridge of bridges) bridge.send(command)
    },
    getReports: () => bridges.map(bridge => bridge.report),
    close: async () => {
      await Promise.all(bridges.map(bridge => bridge.close(CLOSE_GRACE_MS)))
    },
  }
}

/** The same at every start, and another in every installation: brokers let only one client of a name stay. */
function createClientId(id: string, key: Buffer): string {
  const digest = createHmac('sha256', key).update(`bridge ${id}`).digest('hex')
  return `tromost-${id}-${digest.slice(0, 8)}`
}

type Take = (packet: IPublishPacket, done: (error?: Error) => void) => void

function createTake({ id, tenant, prefix = '' }: BridgeConfig, options: BridgesOptions): Take {
  const { registry, store, passAfter, mqtt, observer } = options
  const devices = new Map<string, string>()
  let revision = registry.revision
  const findDevice = (topic: string) => {
    // Topics may name other devices now.
    if (revision !== registry.revision) devices.clear()
    revision = registry.revision
    return (
      devices.get(topic) ?? remember(devices, topic, registry.resolve(tenant, topic).deviceId, TOPICS_MAX)
    )
  }
  return (packet, done) => {
    const topic = packet.topic.startsWith(prefix) ? packet.topic.slice(prefix.length) : packet.topic
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    if (payload.length > mqtt.limits.packetBytes) {
      // Not to be asked for again and again: it will never be smaller.
      const detail = `bridge ${id}: topic ${topic}: ${payload.length} bytes`
      observer.refused('PACKET_TOO_LARGE', detail)
      passAfter(tenant, done)
    } else if (isOwnTopic(topic)) {
      observer.refused(
        'TOPIC_FORBIDDEN',
        `bridge ${id}: topic ${packet.topic}: only the agent itself uses it`,
      )
      passAfter(tenant, done)
    } else if (packet.retain || isSparkplugControl(topic)) {
      // What was kept for a topic is of any age, and comes again at every subscription.
      passAfter(tenant, done)
    } else {
      const device = findDevice(topic)
      store({ tenant, device, topic, payload, receivedAt: Date.now(), qos: packet.qos }, done)
    }
  }
}
