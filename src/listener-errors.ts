/** The part of the table of errors (errors.ts) for what happens to a connection before the client says a word. */

export const LISTENER_ERRORS = {
  LISTENER_UNTRUSTED: {
    message:
      'The certificate, the key or the revocation list of a listener cannot be used. At the start nothing was opened; while the agent runs, those before stay in use.',
    remedy:
      'Correct the file that the detail names; `tromost check` looks at all of them. What is sound is used within five seconds.',
  },
  HANDSHAKE_FAILED: {
    message: 'What came to a listener with TLS was no TLS, or the two sides have nothing in common.',
    remedy:
      'The detail says why: set the client to TLS 1.2 or later and to this port, or compare its key (PSK) with the provisioned one.',
  },
  HANDSHAKE_LIMIT: {
    message:
      'More connections than mqtt.limits.handshakes were still without TLS, upgrade or PROXY header, so the oldest was closed.',
    remedy: 'See which addresses open so many. Raise the limit if all of them are sensors.',
  },
  CERTIFICATE_REFUSED: {
    message:
      'A client gave no certificate where one is required, or one that has expired, was revoked, or is of an unknown authority.',
    remedy:
      'Give the device a certificate of an authority in clientCaFile; the detail says what is wrong with this one.',
  },
  PROXY_REFUSED: {
    message:
      'A connection to a listener with proxyProtocol came from an address that is no load balancer, or without its header.',
    remedy: 'Add the address to proxyProtocol.from, and let the balancer send the PROXY protocol.',
  },
  WEB_SOCKET_REFUSED: {
    message: 'A WebSocket was not opened, or was closed, because it is not one of MQTT.',
    remedy:
      'The detail names what was expected: the subprotocol mqtt, the path and the origin of the listener, binary frames.',
  },
} as const
