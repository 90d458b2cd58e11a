/** The Things Stack v3's uplink message. What its own formatter made of the bytes is at `uplink_message.decoded_payload`. */
import type { Envelope } from './envelope.ts'

const UPLINK = /(?:^|\/)v3\/[^/]+\/devices\/[^/]+\/up$/

export const THE_THINGS_STACK: Envelope = {
  name: 'an uplink of The Things Stack',
  isTopic: topic => topic.endsWith('/up') && UPLINK.test(topic),
  paths: {
    bytes: 'uplink_message.frm_payload',
    encoding: 'base64',
    fPort: 'uplink_message.f_port',
    fCnt: 'uplink_message.f_cnt',
    // The outer received_at is later: when the application server had decoded it.
    observedAt: 'uplink_message.received_at',
    timezone: 'UTC',
    gateways: 'uplink_message.rx_metadata',
    rssi: 'rssi',
    snr: 'snr',
  },
}
