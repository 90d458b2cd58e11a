/** What the agent must know of the simulated town: the provisioning document that the demo writes. */
import { getFleet } from './fleet.ts'
import { getTopic, NETWORKS } from './networks.ts'
import type { Profile, Sensor } from './sensor.ts'

export interface DemoProvisionOptions {
  /** Of `kranj-gateway`, the one credential that all the town's gateways share. */
  readonly gatewayPassword: string
  /** Id of the destination that the town's entities go to. */
  readonly destination: string
  readonly devices: number
}

/** In the form of `provision.yaml`; plain data, ready to be written as YAML or JSON. */
export interface DemoProvision {
  readonly tenants: readonly {
    readonly id: string
    readonly name: { readonly en: string; readonly sl: string }
    readonly destinations: readonly string[]
    readonly unknownDevices: 'hold'
    readonly routes: readonly { readonly topic: string; readonly profile: Profile }[]
  }[]
  readonly credentials: readonly {
    readonly tenant: string
    readonly username: string
    readonly password: string
    readonly publish: readonly string[]
    readonly subscribe: readonly string[]
  }[]
  readonly devices: readonly (Omit<Sensor, 'device' | 'rhythm' | 'fault'> & {
    readonly tenant: string
    readonly id: string
  })[]
}

export function getDemoProvision(options: DemoProvisionOptions): DemoProvision {
  return {
    tenants: [
      {
        id: TENANT,
        name: { en: 'City Municipality of Kranj', sl: 'Mestna občina Kranj' },
        destinations: [options.destination],
        unknownDevices: 'hold',
        routes: ROUTES,
      },
    ],
    credentials: [
      {
        tenant: TENANT,
        username: 'kranj-gateway',
        password: options.gatewayPassword,
        publish: NETWORKS.map(network => getTopic(network, '+')),
        subscribe: [],
      },
    ],
    devices: getFleet(options.devices).map(toDevice),
  }
}

const TENANT = 'kranj'

/** wmbusmeters has no topic of its own, so the agent does not know it unless told. */
const ROUTES = [
  { topic: getTopic('wmbusmeters', '{device}'), profile: 'kamstrup-multical-21' },
] as const satisfies DemoProvision['tenants'][number]['routes']

/** How a sensor behaves is the simulator's business, so it stays out. */
function toDevice(sensor: Sensor): DemoProvision['devices'][number] {
  const { device, profile, name, location, placement, attributes } = sensor
  return { tenant: TENANT, id: device, profile, name, location, placement, attributes }
}
