/** ChirpStack v4's uplink event. What its own codec made of the bytes is under `object`, for `json: { path: object }`. */
import type { Envelope } from './envelope.ts'

const UPLINK = /(?:^|\/)application\/[^/]+\/device\/[^/]+\/event\/up$/

export const CHIRPSTACK: Envelope = {
  name: 'an uplink of ChirpStack',
  isTopic: topic => topic.endsWith('/event/up') && UPLINK.test(topic),
  paths: {
    bytes: 'data',
    encoding: 'base64',
    fPort: 'fPort',
    fCnt: 'fCnt',
    // One for all gateways that heard the frame.
    messageId: 'deduplicationId',
    observedAt: 'time',
    timezone: 'UTC',
    gateways: 'rxInfo',
    rssi: 'rssi',
    snr: 'snr',
  },
}
