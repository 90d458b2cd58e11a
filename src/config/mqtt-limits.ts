/** Bounds for what clients may do over MQTT; docs/limits.md says of each what happens there and how it is counted. */
import { z } from 'zod'
import { duration, optionalSize, size } from './units.ts'

const count = (byDefault: number) => z.int().min(1).default(byDefault)
const countOrNone = (byDefault: number) => z.int().min(0).default(byDefault)
const optionalCount = () => z.int().min(1).optional()

export const mqttLimitsSchema = z.strictObject({
  // Sockets, not sessions: what costs memory is the socket.
  connections: count(20_000).describe('Open sockets; one more is closed at once.'),
  connectionsPerAddress: optionalCount().describe(
    'Of one address; 1000 where it is left out, and any number from this machine itself.',
  ),
  connectionsPerCredential: count(15_000).describe('Of one credential that is no single device.'),
  connectionsPerDevice: count(10).describe("Of one device's own login."),
  handshakes: count(1_000).describe(
    'Sockets of a listener that are still to bring TLS, an upgrade or a PROXY header. The oldest makes room.',
  ),
  connectTimeout: duration('10s').describe('From the socket to a complete CONNECT.'),
  idleTimeout: duration('26h').describe(
    'A client that says nothing for so long is gone, whatever it asked for.',
  ),
  failedLogins: countOrNone(20).describe(
    'Failures of one address in 15 minutes, then who has not logged in from there before has to wait for banTime. 0: any number.',
  ),
  reconnects: countOrNone(300).describe(
    'Logins of one client id in five minutes, then it has to wait for banTime. 0: any number.',
  ),
  banTime: duration('5m').describe('How long whoever has gone too far is not let in.'),
  packetBytes: size('256KiB').describe('One packet; a client that sends a larger one is disconnected.'),
  topicBytes: z.int().min(1).max(65_535).default(256).describe('A topic or a filter, in bytes of UTF-8.'),
  topicLevels: z.int().min(1).max(100).default(16).describe('Levels of a topic or a filter.'),
  messagesPerSecond: countOrNone(50).describe(
    'Of a device, on average; a gateway has as many for each of its devices. Beyond it a connection is read slower. 0: any number.',
  ),
  messagesBurst: count(20_000).describe('Messages that may come at full speed before that.'),
  ratedDevices: count(1_000).describe(
    'Devices of a gateway that each bring it such a rate; more of them bring no more.',
  ),
  bytesPerSecond: size('1MiB').describe('The same for the payloads of a device.'),
  bytesBurst: size('64MiB').describe('Payloads that may come at full speed before that.'),
  tenantMessagesPerSecond: optionalCount().describe(
    'Of all clients of a tenant together. Beyond it they are read slower.',
  ),
  tenantBytesPerSecond: optionalSize().describe('The same for their payloads.'),
  overLimitFor: duration('5m').describe(
    'A client that was read slower for so long without a pause is closed, and has to wait for banTime.',
  ),
  qos2InFlight: count(100).describe('Messages at QoS 2 of a client that it has not released yet.'),
  subscriptions: count(256).describe('Filters that a client may be subscribed to.'),
  unreadBytes: size('1MiB').describe('What waits for a subscriber that reads slower than messages come.'),
  keptSessions: count(10_000).describe('Sessions of clients that are away. The oldest makes room.'),
  sessionExpiry: duration('7d').describe('How long such a session is kept.'),
  queueMessages: count(1_000).describe('What waits for one of them. The oldest message makes room.'),
  queueBytes: size('1MiB').describe('The same in bytes of payload.'),
  retainedMessages: countOrNone(10_000).describe('Retained messages of a tenant.'),
  retainedBytes: size('16MiB').describe('The same in bytes of payload.'),
  retainedPerDevice: countOrNone(16).describe("Retained messages of a device's own login. 0: none."),
})

export type MqttLimits = z.output<typeof mqttLimitsSchema>
