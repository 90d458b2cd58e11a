/** Every error code once, with what happened and what the operator should do. docs/errors.md is this table; a test holds them equal. */
import { ADMIN_ERRORS } from './admin-errors.ts'
import { LIMIT_ERRORS } from './limit-errors.ts'
import { LISTENER_ERRORS } from './listener-errors.ts'

export const ERRORS = {
  PROFILE_INVALID: {
    message: 'A device profile has faults.',
    remedy:
      'Correct the named key; `tromost profile test FILE` shows all faults of a profile and runs its samples.',
  },
  PROVISION_INVALID: {
    message:
      'What was provisioned over the admin API does not fit what the files say by now. Nothing was started.',
    remedy: 'Correct what each line names in the file, start, and change the rest over the API.',
  },
  PROVISION_FAILED: {
    message: 'A change of what is provisioned could not be written to the disk. Nothing was changed.',
    remedy: 'Check disk space and disk health, then ask for the change again.',
  },
  SCHEMA_INVALID: {
    message: 'A JSON Schema in the folder of schemas cannot be used.',
    remedy: 'Correct the named file, put what it names beside it, or set validate: off.',
  },
  LISTENER_FAILED: {
    message: 'A port could not be opened.',
    remedy: 'Stop the program that uses the port, or set another one (port 0 takes a free one).',
  },
  ...LISTENER_ERRORS,
  DATA_DIR_UNUSABLE: {
    message: 'The data folder cannot be opened or written.',
    remedy:
      'Give the user of the agent the right to write there, or set dataDir. Only one agent may use a folder.',
  },
  LOGIN_REFUSED: {
    message: 'A client gave no credential or a wrong one.',
    remedy: 'Compare user name and password with provision.yaml; the log names the client.',
  },
  CLIENT_ID_TAKEN: {
    message: 'A client asked for a client id that belongs to another credential.',
    remedy: 'Give every device a client id of its own.',
  },
  PACKET_MALFORMED: {
    message: 'A client sent something that MQTT does not allow. The connection was closed.',
    remedy:
      'See what connects there: the detail names what was expected. It is a device with a fault, or no device.',
  },
  NOT_MQTT: {
    message: 'A client spoke another protocol, HTTP or TLS, to a port for MQTT. The connection was closed.',
    remedy: 'Correct the address in whatever connects there: port, and whether it is one with TLS.',
  },
  VERSION_UNSUPPORTED: {
    message:
      'A client asked for a version of MQTT that is not served. It was told so, and the connection closed.',
    remedy: 'Set the client to MQTT 3.1.1 or 5; docs/mqtt-conformance.md says what is served of each.',
  },
  CLIENT_ID_REFUSED: {
    message:
      'A client gave an id with + or #, or one that begins with $, or none for a session that is to be kept. It was told so, and the connection closed.',
    remedy: 'Give the device a client id of letters, digits, - and _.',
  },
  PACKET_TOO_LARGE: {
    message:
      'A client announced a packet, or the body of a measure, that is larger than mqtt.limits.packetBytes, or a packet of more than 4 KiB before it was logged in. The connection was closed.',
    remedy: 'Raise mqtt.limits.packetBytes if devices need it; otherwise see what connects there.',
  },
  API_KEY_REFUSED: {
    message: 'A request for measures gave no API key, or one that may not speak for its device.',
    remedy:
      'Compare k and i of the request with the groups and devices of provision.yaml: a device is spoken for with its own apikey, and one that is not provisioned with that of a group.',
  },
  MEASURE_MALFORMED: {
    message: 'A request for measures is not one that the agent understands. Nothing of it was kept.',
    remedy: 'Correct what the detail names; docs/ways-in.md has the requests.',
  },
  MEASURES_BUSY: {
    message: 'More bodies of measures are under way than the agent holds in memory.',
    remedy: 'Send again after Retry-After. If it happens often, see who sends so much so slowly.',
  },
  TOPIC_FORBIDDEN: {
    message: 'A client published to a topic that its credential does not allow. The connection was closed.',
    remedy: "Add the topic to the credential's publish list, or correct the topic in the device.",
  },
  JOURNAL_FULL: {
    message:
      'The journal, or the part of the tenant, has reached its bound, so the message was not acknowledged and the connection was closed.',
    remedy:
      'See why the destination takes nothing (api/v1/status), give journal or tenant more room, or set onFull: dropOldest.',
  },
  JOURNAL_FAILED: {
    message:
      'The journal could not be written or flushed, so the message was not acknowledged and the connection was closed.',
    remedy: 'Check disk space and disk health; the sensor sends the message again once it reconnects.',
  },
  DISK_FULL: {
    message:
      'The disk has less room left than journal.diskReserve, so the message was not acknowledged and the connection was closed.',
    remedy:
      'Free some disk space. The agent takes messages again by itself; the sensors send again what was not acknowledged.',
  },
  CHUNK_CORRUPT: {
    message: 'A record of the journal does not match its checksum.',
    remedy: 'Check the disk. The bytes are kept in the quarantine; all other records are unharmed.',
  },
  CHUNK_MISSING: {
    message: 'The journal has no record for messages that it has taken. The lane stands still.',
    remedy: 'Keep the data folder as it is and report this: it should not be possible. Other lanes go on.',
  },
  BALANCE_BROKEN: {
    message: 'The numbers of a lane do not add up: it received more or fewer messages than it accounts for.',
    remedy:
      'Keep the data folder as it is and report this with the line of the log: it should not be possible.',
  },
  DRAINING_RESTARTS: {
    message:
      'The draining thread has died and is being started again. Messages are taken in meanwhile; none is lost.',
    remedy: 'Ask again in a few seconds. If it happens again and again, the log says why.',
  },
  LANE_UNKNOWN: {
    message: 'There is no lane of this tenant and destination.',
    remedy: '`tromost status` lists the lanes of a running agent.',
  },
  ENTRY_UNKNOWN: {
    message: 'The quarantine has no entry with this id.',
    remedy: 'It was delivered, discarded or has expired; `tromost quarantine list` shows what is there.',
  },
  REPLAY_RUNNING: {
    message: 'A replay of this lane is under way.',
    remedy:
      'Wait until it has ended; `tromost status` shows what the destination takes. What is not delivered stays in quarantine.',
  },
  IMPORT_RUNNING: {
    message: 'An import of devices of this tenant is under way.',
    remedy: 'Wait until it has ended: `GET /api/v1/devices/import/{job}` tells its progress.',
  },
  DEVICE_UNKNOWN: {
    message: 'The topic names no device that is provisioned.',
    remedy: 'Add the device to provision.yaml, or correct the topic; the message is kept in the quarantine.',
  },
  DECODE_FAILED: {
    message: 'The payload is not what the profile expects.',
    remedy: 'Compare the excerpt with the samples of the profile; the message is kept in the quarantine.',
  },
  DECODE_PARTIAL: {
    message:
      'A part of the payload could be read, and its values are on their way; the rest is not known to the profile.',
    remedy:
      'The detail names the place: add what stands there to the profile, or to its skipUnknown; the message is kept in the quarantine.',
  },
  TIME_IMPLAUSIBLE: {
    message:
      'A message gives a time that cannot be true: before the year 2000, more than a day ahead, or none that can be read. The tenant wants such messages in quarantine.',
    remedy:
      'Set the clock of the device, or correct observedAt in its profile; badTime: receivedTime takes the time of receipt instead.',
  },
  SCRIPT_LIMIT: {
    message: "A profile's codec script met a limit of its sandbox.",
    remedy:
      'The detail names the limit: correct the script, or ask its maker; the message is kept in the quarantine.',
  },
  SCRIPT_SUSPENDED: {
    message:
      "A profile's codec script met its limits again and again, so it is not run for a minute. Other profiles go on.",
    remedy:
      'See the messages that went to the quarantine before as SCRIPT_LIMIT, and correct the script; the message is kept in the quarantine.',
  },
  MAP_FAILED: {
    message: 'The values of a reading do not fit the mapping of the profile.',
    remedy: 'Correct the mapping or its ranges; the message is kept in the quarantine.',
  },
  ENTITY_INVALID: {
    message: 'The JSON Schema of its type does not take the entity, and validate is set to quarantine.',
    remedy: 'Correct the mapping, or the schema; the message is kept in the quarantine.',
  },
  ENTITY_REFUSED: {
    message: 'The context broker refused the entity.',
    remedy: "The detail holds the broker's own words; the message is kept in the quarantine.",
  },
  ENTITY_TOO_LARGE: {
    message: 'One entity alone is larger than batch.maxBytes of its destination.',
    remedy:
      'Raise batch.maxBytes if the broker takes more, or map less; the message is kept in the quarantine.',
  },
  DESTINATION_LOGIN: {
    message: 'The context broker, or what stands before it, does not accept our login (401 or 403).',
    remedy:
      "Correct auth of the destination, or the rights of its user there. The lane's readings wait; it tries by itself every few minutes, and at once after a restart.",
  },
  DESTINATION_MISTAKEN: {
    message:
      'The context broker does not know the address, the tenant or the form of our requests (404, 405, 406, 411, 415), sends us elsewhere (a redirect, which is not followed), or a proxy answers in its place (400 with a page of HTML).',
    remedy:
      "Correct url or dialect of the destination, or brokerTenant of the tenant. The lane's readings wait; it tries by itself every few minutes, and at once after a restart.",
  },
  DESTINATION_UNTRUSTED: {
    message:
      'There is no trust between us and the context broker: its certificate has expired, is for another host or of an unknown authority, it does not take ours, or the files of tls cannot be used.',
    remedy:
      'Renew the certificate, or correct tls of the destination; the trouble of the lane names what is wrong. There is no way round by plain http.',
  },
  TOKEN_REFUSED: {
    message: 'The token server does not give us a token.',
    remedy:
      "Correct auth of the destination (tokenUrl, grant, clientId, clientSecret and so on); the trouble of the lane has the server's own words.",
  },
  AGENT_FAULT: {
    message: 'The agent met a fault that it does not know, and ends with exit code 4.',
    remedy:
      'Nothing that was acknowledged is lost: start it again, and report the line of the log with its stack.',
  },
  ADDRESS_CLOSED: {
    message:
      'An address that the agent was to connect to, or what its name was looked up to, is closed by the rules of egress. Nothing was sent.',
    remedy:
      'See who named the address. If the agent is to reach it, add it to egress.allow of the configuration, or take it out of egress.deny. Link-local addresses and those of cloud credentials stay closed.',
  },
  AGENT_UNREACHABLE: {
    message: 'No running agent answers.',
    remedy: 'Start the agent, or name its address with --url.',
  },
  ...LIMIT_ERRORS,
  ...ADMIN_ERRORS,
} as const

export type ErrorCode = keyof typeof ERRORS

/** The one error class of the agent: a code of the table, and a detail that names thing, expectation and value. */
export class TromostError extends Error {
  readonly code: ErrorCode
  readonly detail: string

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options)
    this.name = 'TromostError'
    this.code = code
    this.detail = detail
  }
}

/** The words of anything that was thrown. */
export function getMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
