/** The part of the table of errors (errors.ts) that says which limit or right of MQTT clients was met; docs/limits.md has the limits. */

export const LIMIT_ERRORS = {
  CONNECTIONS_FULL: {
    message: 'As many sockets are open as mqtt.limits.connections allows. One more was closed at once.',
    remedy: 'Raise it if there are so many devices; otherwise see in the log whose they are.',
  },
  ADDRESS_FULL: {
    message:
      'As many sockets of one address are open as mqtt.limits.connectionsPerAddress allows. One more was closed at once.',
    remedy: 'Raise it where many devices share an address, as behind a gateway of a mobile network.',
  },
  CREDENTIAL_FULL: {
    message:
      'As many clients are connected with one credential as mqtt.limits.connectionsPerCredential or connectionsPerDevice allows. One more was not let in (CONNACK 3).',
    remedy: 'Give devices credentials of their own; if one is used where it should not be, rotate it.',
  },
  CONNECT_TIMEOUT: {
    message: 'A client did not say who it is within mqtt.limits.connectTimeout. The connection was closed.',
    remedy: 'See what connects there; raise it where the network is very slow.',
  },
  CLIENT_SILENT: {
    message:
      'Nothing came from a client for one and a half of its keep-alive, or for mqtt.limits.idleTimeout. The connection was closed.',
    remedy: 'The device has lost its network, or sends less often than it says.',
  },
  LOGINS_LOCKED: {
    message:
      'Too many logins over MQTT from one address have failed (mqtt.limits.failedLogins), so only who has logged in from there before is let in for mqtt.limits.banTime (CONNACK 3).',
    remedy: 'Correct the password of the device that the log names; after that time others are let in again.',
  },
  LOGINS_BUSY: {
    message:
      'More clients logged in at once with passwords that people chose than can be checked (200), so this one was not let in (CONNACK 3). It is no failed login.',
    remedy:
      'Clients that try again get in. Where many devices have such passwords, give them secrets made by the agent, which take microseconds to check.',
  },
  CLIENT_FLAPPING: {
    message:
      'A client has logged in more often than mqtt.limits.reconnects allows, so it is not let in for mqtt.limits.banTime (CONNACK 3).',
    remedy: 'See whether two devices share a client id, or whether its network breaks again and again.',
  },
  WILL_FORBIDDEN: {
    message:
      'A client left a last will on a topic that its credential does not allow. It was not let in (CONNACK 5).',
    remedy: "Add the topic to the credential's publish list, or correct the will in the device.",
  },
  FILTER_FORBIDDEN: {
    message:
      'A client subscribed to more than its credential allows. That filter was refused (0x80 in the SUBACK).',
    remedy: "Add the filter to the credential's subscribe list if the client is to have it.",
  },
  FILTERS_TOO_MANY: {
    message:
      'A client asked for more filters than mqtt.limits.subscriptions allows, and those beyond it were refused (0x80 in the SUBACK); or for more than 100 in one SUBSCRIBE, and the connection was closed.',
    remedy: 'Subscribe with wildcards, or raise the limit.',
  },
  TOPIC_TOO_LONG: {
    message:
      'A topic or a filter is longer than mqtt.limits.topicBytes, or has more levels than topicLevels. The connection was closed.',
    remedy: 'Shorten the topic in the device, or raise the limit.',
  },
  TOPIC_RESERVED: {
    message: 'A client published to a topic that begins with $. It was acknowledged and dropped.',
    remedy: 'Such topics belong to the broker itself: use another one.',
  },
  RATE_LIMITED: {
    message:
      'A client sends more than mqtt.limits.messagesPerSecond or bytesPerSecond allows for its devices, so it is read slower. Nothing is lost.',
    remedy: 'Let it send less, or raise the limit; messagesBurst is what it may catch up with at full speed.',
  },
  TENANT_RATE_LIMITED: {
    message:
      'The clients of a tenant send more than mqtt.limits.tenantMessagesPerSecond or tenantBytesPerSecond allows, so they are read slower. Nothing is lost.',
    remedy: 'Raise the limit, or see which device sends so much.',
  },
  RATE_EXCEEDED: {
    message:
      'A client has sent too much for longer than mqtt.limits.overLimitFor, so it was closed and is not let in for mqtt.limits.banTime (CONNACK 3).',
    remedy: 'Correct the device; if it is not the device that sends, rotate its password.',
  },
  QOS2_FULL: {
    message:
      'A client has not released as many messages at QoS 2 as mqtt.limits.qos2InFlight allows. The connection was closed.',
    remedy: 'Let the client send fewer of them at once, or use QoS 1.',
  },
  SUBSCRIBER_SLOW: {
    message:
      'A client reads slower than messages come for it (mqtt.limits.unreadBytes), or has not read what was sent for five seconds. Messages at QoS 0 were left out; for one at QoS 1 or 2, or after the five seconds, the connection was closed.',
    remedy: 'See what holds the client up, or let it subscribe to less. A kept session loses nothing.',
  },
  QUEUE_FULL: {
    message:
      'More waits for a client that is away than mqtt.limits.queueMessages or queueBytes allows. The oldest message was dropped.',
    remedy: 'Raise the limit, or let the client come back more often.',
  },
  SESSIONS_FULL: {
    message:
      'There are as many sessions of clients that are away as mqtt.limits.keptSessions allows. The oldest was dropped with what waited for it.',
    remedy:
      'Let clients connect with a clean session where nothing has to wait for them, or raise the limit.',
  },
  SESSION_EXPIRED: {
    message:
      'A client was away for longer than mqtt.limits.sessionExpiry. Its session was dropped with what waited for it.',
    remedy: 'Nothing, where the device is no more; otherwise raise the limit.',
  },
  RETAINED_FULL: {
    message:
      'A message was to be retained beyond mqtt.limits.retainedMessages, retainedBytes or retainedPerDevice. It was taken in like any other, and not retained.',
    remedy: 'Let devices retain less, or raise the limit.',
  },
} as const
