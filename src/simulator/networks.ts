/** The ways by which the town's sensors reach MQTT, and the topic that each of them gives a device. */
import { APPLICATION_ID } from './chirpstack.ts'
import type { Profile } from './sensor.ts'

export type Network = 'chirpstack' | 'zigbee2mqtt' | 'shelly' | 'wmbusmeters' | 'tasmota' | 'direct'

export const NETWORKS: readonly Network[] = [
  'chirpstack',
  'zigbee2mqtt',
  'shelly',
  'wmbusmeters',
  'tasmota',
  'direct',
]

export function getNetwork(profile: Profile): Network {
  switch (profile) {
    case 'aqara-wsdcgq11lm':
      return 'zigbee2mqtt'
    case 'shelly-pro-3em':
      return 'shelly'
    case 'kamstrup-multical-21':
      return 'wmbusmeters'
    case 'sonoff-pow-r2':
      return 'tasmota'
    case 'generic-water-level':
      return 'direct'
    default:
      return 'chirpstack'
  }
}

/** Also for `+` in place of the device, which gives a topic filter, and for `{device}`, which gives a route. */
export function getTopic(network: Network, device: string): string {
  switch (network) {
    case 'chirpstack':
      return `application/${APPLICATION_ID}/device/${device}/event/up`
    case 'zigbee2mqtt':
      return `zigbee2mqtt/${device}`
    case 'shelly':
      return `${device}/events/rpc`
    case 'wmbusmeters':
      return `wmbusmeters/${device}`
    case 'tasmota':
      return `tele/${device}/SENSOR`
    case 'direct':
      return `tromost/${device}/up`
  }
}
