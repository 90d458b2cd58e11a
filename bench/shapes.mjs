/** The two shapes of traffic: sensors that wait for each PUBACK, and gateways that do not. */

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} title
 * @property {number} clientCount
 * @property {number} inFlight messages of one client on their way at QoS 1
 * @property {number} devicesPerClient
 * @property {number} window messages of all clients on their way at QoS 0, where nothing is acknowledged
 * @property {number} readings in one measured round
 * @property {number} warmUp readings before it
 */

/** @type {Readonly<Record<string, Shape>>} */
export const SHAPES = {
  w1: {
    name: 'w1',
    title: '1,000 clients, 1 in flight',
    clientCount: 1_000,
    inFlight: 1,
    devicesPerClient: 1,
    window: 4_000,
    readings: 400_000,
    warmUp: 150_000,
  },
  pipe: {
    name: 'pipe',
    title: '100 gateways, 100 in flight',
    clientCount: 100,
    inFlight: 100,
    devicesPerClient: 100,
    window: 20_000,
    readings: 600_000,
    warmUp: 250_000,
  },
}

/** The clients of a shape, each with its own credential and the devices that it speaks for. @param {Shape} shape */
export function toClients({ clientCount, devicesPerClient }, name = 'client') {
  return Array.from({ length: clientCount }, (_, client) => ({
    clientId: `${name}-${client}`,
    username: `${name}-${client}`,
    // As long and as random as the secrets that the agent makes; the same in every run.
    password: Buffer.from(`secret of client ${client}`.padEnd(24, '.')).toString('base64url'),
    devices: Array.from(
      { length: devicesPerClient },
      (_, device) => `${name === 'client' ? 'device' : name}-${client}-${device}`,
    ),
  }))
}

export function toTopic(device) {
  return `tromost/${device}/up`
}
